using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.DataProtection;

/// <summary>
/// By default the framework ties what it protects to the folder that the application runs in, so that instances of two
/// releases, each in a folder of its own, can't read each other's tokens. Unless the application chose a name, this
/// ties it to the application's name.
/// </summary>
internal sealed class SharedDiscriminator(IHostEnvironment environment) : IPostConfigureOptions<DataProtectionOptions>
{
    public void PostConfigure(string? name, DataProtectionOptions options)
    {
        var folder = Path.TrimEndingDirectorySeparator(environment.ContentRootPath);
        if (options.ApplicationDiscriminator is not { Length: > 0 } chosen || Path.TrimEndingDirectorySeparator(chosen) == folder)
        {
            options.ApplicationDiscriminator = environment.ApplicationName;
        }
    }
}
