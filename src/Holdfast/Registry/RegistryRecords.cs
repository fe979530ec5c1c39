using System.Globalization;
using System.Text;

namespace Holdfast;

/// <summary>
/// The registry's records. <c>services/all</c> has a field for each service. <c>service/&lt;name&gt;</c> has
/// <c>routes</c> (one a line), <c>health</c> and for each instance a field <c>instance:&lt;id&gt;</c>, its listing,
/// with its URL. <c>instance/&lt;name&gt;/&lt;id&gt;</c> is the instance's lease, in the service's partition, with
/// <c>url</c>, <c>state</c> and <c>writer</c>, the random name of the registration that holds it, and if it has them
/// <c>region</c> and <c>weight</c>. The service's record has a field <c>gateway:&lt;name&gt;</c> for each of its settings.
/// </summary>
/// <remarks>
/// Every change of a lease's fields also updates the service's record, if only its revision, so that a watch on that
/// one record tells all of the service's joins, drains and deaths.
/// </remarks>
internal static class RegistryRecords
{
    public const string ServiceKind = "service";
    public const string InstanceKind = "instance";
    public const string RoutesField = "routes";
    public const string HealthField = "health";
    public const string UrlField = "url";
    public const string StateField = "state";
    public const string WriterField = "writer";
    public const string RegionField = "region";
    public const string WeightField = "weight";
    private const string ListingPrefix = "instance:";
    private const string SettingPrefix = "gateway:";

    public static readonly Address Services = new("services", "all");

    public static Address Service(string name) => new(ServiceKind, name);

    public static Address Instance(string service, string id) => new(InstanceKind, service, id);

    public static string Listing(string id) => ListingPrefix + id;

    public static RecordChange Describe(ServiceDeclaration service)
    {
        var change = RecordChange.Update(Service(service.Name))
            .Set(RoutesField, string.Join('\n', service.Routes))
            .Set(HealthField, service.HealthPath);
        foreach (var (name, text) in service.Settings)
        {
            change = change.Set(SettingPrefix + name, text);
        }

        return change;
    }

    /// <summary>The change that takes out the settings which the record has and the declaration doesn't; null when there are none.</summary>
    public static RecordChange? RemoveOldSettings(ServiceDeclaration service, Record record)
    {
        var old = Settings(record).Keys.Except(service.Settings.Keys).ToArray();
        return old.Length == 0
            ? null
            : old.Aggregate(RecordChange.Update(record.Address).When(Condition.Exists), static (change, name) => change.Remove(SettingPrefix + name));
    }

    /// <summary>What the record declares; null when it declares nothing that can be understood.</summary>
    public static ServiceDeclaration? Declared(Record service)
    {
        var routes = service.Text(RoutesField)?.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var health = service.Text(HealthField);
        try
        {
            return routes is null || health is null ? null : new ServiceDeclaration(service.Address.Affinity, routes, health) { Settings = Settings(service) };
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The ids of the instances that the record lists, in their order.</summary>
    public static IReadOnlyList<string> Listed(Record service) =>
        [.. service.Fields.Keys
            .Where(static field => field.StartsWith(ListingPrefix, StringComparison.Ordinal))
            .Select(static field => field[ListingPrefix.Length..])
            .Order(StringComparer.Ordinal)];

    /// <summary>The instance that the lease tells of; null when it can't be understood.</summary>
    public static RegisteredInstance? Told(Record lease) =>
        Uri.TryCreate(lease.Text(UrlField), UriKind.Absolute, out var url) && StateOf(lease.Text(StateField)) is { } state
            ? new RegisteredInstance(lease.Address.Id!, url, state) { Region = lease.Text(RegionField) ?? "", Weight = WeightOf(lease.Text(WeightField)) }
            : null;

    public static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string TextOf(InstanceState state) => state switch
    {
        InstanceState.Starting => "starting",
        InstanceState.Ready => "ready",
        InstanceState.Draining => "draining",
        InstanceState.Failed => "failed",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such state."),
    };

    private static Dictionary<string, string> Settings(Record service) =>
        service.Fields.Keys
            .Where(static field => field.StartsWith(SettingPrefix, StringComparison.Ordinal))
            .ToDictionary(static field => field[SettingPrefix.Length..], field => service.Text(field) ?? "");

    private static int WeightOf(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var weight) && weight is >= 1 and <= RegisteredInstance.MaxWeight
            ? weight
            : RegisteredInstance.DefaultWeight;

    private static InstanceState? StateOf(string? text) => text switch
    {
        "starting" => InstanceState.Starting,
        "ready" => InstanceState.Ready,
        "draining" => InstanceState.Draining,
        "failed" => InstanceState.Failed,
        _ => null,
    };
}
