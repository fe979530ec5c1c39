namespace Holdfast.Gateway;

/// <summary>
/// The settings by which a gateway treats a service. They are text, lie in the service's registration, and are the same
/// in a topology file, so that a mistake is found before it is registered.
/// </summary>
public static class GatewaySettings
{
    /// <summary>The settings' names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Services.SettingsParser.Names];

    /// <summary>Every problem of the settings, each with the setting's name and the remedy. None when they can be used.</summary>
    public static IReadOnlyList<(string Setting, string Problem)> ProblemsOf(IReadOnlyDictionary<string, string> settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return Services.SettingsParser.Parse(settings).Problems;
    }
}
