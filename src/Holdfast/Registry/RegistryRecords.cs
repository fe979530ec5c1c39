using System.Globalization;
using System.Text;

namespace Holdfast;

/// <summary>
/// The registry's records. <c>services/all</c> has a field for each service, with the version of the declaration that holds, or nothing. <c>service/&lt;name&gt;</c> has
/// <c>routes</c> (one a line), <c>health</c> and for each instance a field <c>instance:&lt;id&gt;</c>, its listing,
/// with its URL. <c>instance/&lt;name&gt;/&lt;id&gt;</c> is the instance's lease, in the service's partition, with
/// <c>url</c>, <c>state</c> and <c>writer</c>, the random name of the registration that holds it, and if it has them
/// <c>region</c> and <c>weight</c>. The service's record has a field <c>gateway:&lt;name&gt;</c> for each of its settings. While several services are declared as one
/// it has each of a declaration's fields a second time, under <c>next:</c>, and their version as <c>next</c>: those hold where <c>services/all</c> has that version.
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
    private const string NextField = "next";
    private const string NextPrefix = "next:";

    public static readonly Address Services = new("services", "all");

    public static Address Service(string name) => new(ServiceKind, name);

    public static Address Instance(string service, string id) => new(InstanceKind, service, id);

    public static string Listing(string id) => ListingPrefix + id;

    /// <summary>The change that declares the service.</summary>
    /// <param name="service">As what.</param>
    /// <param name="known">The record as far as it is known: what it has of settings that the declaration doesn't, and of a next declaration, is taken out.</param>
    public static RecordChange Describe(ServiceDeclaration service, Record? known = null)
    {
        var change = Write(RecordChange.Update(Service(service.Name)), service, prefix: "");
        return known is null ? change : OldFields(service, known).Aggregate(change, static (change, name) => change.Remove(name));
    }

    /// <summary>The change that has the service declared anew once the list of services has this version, and leaves it as it is until then.</summary>
    /// <param name="service">As what.</param>
    /// <param name="version">Not used before.</param>
    /// <param name="known">The record.</param>
    /// <param name="holding">The version of what it is declared as.</param>
    public static RecordChange DescribeNext(ServiceDeclaration service, string version, Record? known, string holding)
    {
        var change = known is not null && Declared(known, holding) is { } before
            ? Describe(before, known)
            : NextFields(known).Aggregate(RecordChange.Update(Service(service.Name)), static (change, name) => change.Remove(name));
        return Write(change.Set(NextField, version), service, NextPrefix);
    }

    /// <summary>Whether the record has another declaration beside the one that holds, or held before it.</summary>
    public static bool HasNext(Record service) => service[NextField] is not null;

    /// <summary>Whether the record has this version of a declaration beside an earlier one.</summary>
    public static bool HasNext(Record service, string version) => service.Text(NextField) == version;

    /// <summary>What the record declares; null when it declares nothing that can be understood.</summary>
    /// <param name="service">The record.</param>
    /// <param name="version">The version that holds.</param>
    public static ServiceDeclaration? Declared(Record service, string version) => Declared(service, version, out _);

    /// <summary>What the record declares; null when it declares nothing, or what can't be understood for that reason.</summary>
    /// <param name="service">The record.</param>
    /// <param name="version">The version that holds.</param>
    /// <param name="problem">Why it can't be understood.</param>
    public static ServiceDeclaration? Declared(Record service, string version, out string? problem)
    {
        problem = null;
        var prefix = version.Length > 0 && HasNext(service, version) ? NextPrefix : "";
        var routes = service.Text(prefix + RoutesField)?.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var health = service.Text(prefix + HealthField);
        try
        {
            return routes is null || health is null ? null : new ServiceDeclaration(service.Address.Affinity, routes, health) { Settings = Settings(service, prefix) };
        }
        catch (ArgumentException fault)
        {
            problem = fault.Message;
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
        Uri.TryCreate(lease.Text(UrlField), UriKind.Absolute, out var url) && IsServed(url) && StateOf(lease.Text(StateField)) is { } state
            ? new RegisteredInstance(lease.Address.Id!, url, state) { Region = lease.Text(RegionField) ?? "", Weight = WeightOf(lease.Text(WeightField)) }
            : null;

    /// <summary>Whether gateways can send requests there.</summary>
    public static bool IsServed(Uri url) => url.IsAbsoluteUri && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps);

    public static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string TextOf(InstanceState state) => state switch
    {
        InstanceState.Starting => "starting",
        InstanceState.Ready => "ready",
        InstanceState.Draining => "draining",
        InstanceState.Failed => "failed",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such state."),
    };

    /// <summary>The fields that the record has and that are not the declaration's, its instances excepted.</summary>
    private static IEnumerable<string> OldFields(ServiceDeclaration service, Record record) =>
        [.. Settings(record, prefix: "").Keys.Except(service.Settings.Keys).Select(static name => SettingPrefix + name), .. NextFields(record)];

    private static IEnumerable<string> NextFields(Record? service) =>
        service?.Fields.Keys.Where(static field => field == NextField || field.StartsWith(NextPrefix, StringComparison.Ordinal)) ?? [];

    private static RecordChange Write(RecordChange change, ServiceDeclaration service, string prefix)
    {
        change = change.Set(prefix + RoutesField, string.Join('\n', service.Routes)).Set(prefix + HealthField, service.HealthPath);
        return service.Settings.Aggregate(change, (change, setting) => change.Set(prefix + SettingPrefix + setting.Key, setting.Value));
    }

    private static Dictionary<string, string> Settings(Record service, string prefix) =>
        service.Fields.Keys
            .Where(field => field.StartsWith(prefix + SettingPrefix, StringComparison.Ordinal))
            .ToDictionary(field => field[(prefix.Length + SettingPrefix.Length)..], field => service.Text(field) ?? "");

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
