using System.Diagnostics;
using System.Text.Json;
using Holdfast.TestServers;

namespace Holdfast.Gateway.Tests.Forwarding;

/// <summary>Uploads as curl makes them, by HTTP/1.1 with Expect, and by HTTP/2.</summary>
public sealed class CurlTests
{
    private const string Http1 = "--http1.1";
    private const string Http2 = "--http2-prior-knowledge";

    [Theory]
    [InlineData(Http1, "1.1")]
    [InlineData(Http2, "2")]
    public async Task An_upload_whose_instance_dies_goes_to_another_one_whole(string protocol, string version)
    {
        await using var rig = await Rig.StartAsync(instances: 2, Tls.Serve);
        using var curl = Start(rig, protocol, ".");
        var half = new string('b', 100_000);
        await curl.StandardInput.WriteAsync(half);
        await curl.StandardInput.FlushAsync();
        await Eventually.HoldsAsync(() => Task.FromResult(rig["shop-1"].Seen.Count + rig["shop-2"].Seen.Count == 1));
        var (holder, other) = rig["shop-1"].Seen.Count == 1 ? ("shop-1", "shop-2") : ("shop-2", "shop-1");

        await rig[holder].KillAsync();
        await curl.StandardInput.WriteAsync(half);
        curl.StandardInput.Close();

        var (body, told) = await EndAsync(curl);
        Assert.Equal($"200 {version}", told);
        var seen = JsonDocument.Parse(body).RootElement;
        Assert.Equal(other, seen.GetProperty("instance").GetString());
        Assert.Equal(half + half, seen.GetProperty("body").GetString());
        Assert.False(seen.GetProperty("headers").TryGetProperty("expect", out _));
    }

    [Theory]
    [InlineData(Http1, "1.1")]
    [InlineData(Http2, "2")]
    public async Task An_upload_that_is_refused_before_it_was_read_gets_that_answer(string protocol, string version)
    {
        await using var rig = await Rig.StartAsync(instances: 0, Tls.Serve);
        await using var instance = await RawInstance.JoinAsync(
            rig, _ => Task.FromResult("HTTP/1.1 413 Content Too Large\r\nContent-Length: 7\r\nConnection: close\r\n\r\nrefused"), Parting.Close);
        var file = Path.GetTempFileName();
        await File.WriteAllBytesAsync(file, new byte[32 << 20]);
        try
        {
            using var curl = Start(rig, protocol, file);
            Assert.Equal(("refused", $"413 {version}"), await EndAsync(curl));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Process Start(Rig rig, string protocol, string upload) => Process.Start(new ProcessStartInfo("curl")
    {
        ArgumentList =
        {
            "--silent", "--insecure", "--noproxy", "*", protocol, "--header", "Expect: 100-continue", "--max-time", "60",
            "--upload-file", upload, "--write-out", "\n%{http_code} %{http_version}", new Uri(protocol == Http1 ? rig.Address : rig.TlsAddress, "/upload").ToString(),
        },
        RedirectStandardInput = true, RedirectStandardOutput = true,
    })!;

    /// <summary>What it got, and the status and version of that.</summary>
    private static async Task<(string Body, string Told)> EndAsync(Process curl)
    {
        var output = await curl.StandardOutput.ReadToEndAsync();
        await curl.WaitForExitAsync();
        Assert.Equal(0, curl.ExitCode);
        var line = output.LastIndexOf('\n');
        return (output[..line], output[(line + 1)..]);
    }
}
