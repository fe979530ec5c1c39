using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Holdfast.AspNetCore.Tests.Sessions;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.Tests.DataProtection;

public sealed class KeyEncryptionTests : IAsyncLifetime
{
    private static readonly Address Ring = new("keyring", "default");
    private readonly TestCertificates files = new();
    private readonly HttpClient browser = WebHost.Browser();
    private readonly RecordedLog log = new();
    private CountingEngine engine = null!;

    public async ValueTask InitializeAsync() => engine = await Engines.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await engine.DisposeAsync();
        files.Dispose();
    }

    [Theory]
    [InlineData("pfx")]
    [InlineData("pem with the key beside it")]
    [InlineData("pem with an encrypted key")]
    public async Task The_store_holds_no_master_key_and_another_instance_reads_the_ring(string form)
    {
        using var made = TestCertificates.Make("ring");
        var named = form switch
        {
            "pfx" => files.Pfx(made),
            "pem with the key beside it" => files.PemWithKeyBeside(made),
            _ => files.EncryptedPem(made),
        };
        await using var first = await StartAsync(named);
        await using var second = await StartAsync(named);
        await SetAsync(first);
        Assert.Equal("1", await browser.GetStringAsync(second.At("/get/a")));

        var stored = (await engine.ReadAsync(Ring)).Record!;
        var text = stored.Text(Assert.Single(stored.Fields).Key)!;
        var key = Assert.Single(second.Services.GetRequiredService<IKeyManager>().GetAllKeys());
        var master = key.Descriptor.ExportToXml().SerializedDescriptorElement.Descendants("masterKey").Single().Element("value")!.Value;
        Assert.DoesNotContain(master, text, StringComparison.Ordinal);
        Assert.DoesNotContain("masterKey", text, StringComparison.Ordinal);
        Assert.Contains("CN=ring", text, StringComparison.Ordinal);

        // Releases of other versions must find the type that opens it.
        Assert.DoesNotContain("Version=", text[text.IndexOf("decryptorType", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_change_of_certificates_the_older_one_still_opens_what_it_encrypted()
    {
        using var oldCertificate = TestCertificates.Make("old");
        using var newCertificate = TestCertificates.Make("new");
        await using (var before = await StartAsync(files.Pfx(oldCertificate)))
        {
            await SetAsync(before);
        }

        await using var after = await StartAsync(files.Pfx(newCertificate), files.Pfx(oldCertificate));
        Assert.Equal("1", await browser.GetStringAsync(after.At("/get/a")));
        NewKey(after);
        var fields = (await engine.ReadAsync(Ring)).Record!.Fields.Values.Select(static value => Encoding.UTF8.GetString(value.Span)).ToList();
        Assert.Single(fields, static text => text.Contains("CN=old", StringComparison.Ordinal));
        Assert.Single(fields, static text => text.Contains("CN=new", StringComparison.Ordinal));

        // Whoever has only the new one starts, and is told what it can't open.
        await using var later = await StartAsync(files.Pfx(newCertificate));
        Assert.Contains(log.Lines, static line => line.Level == LogLevel.Error && line.Text.Contains("can't be opened", StringComparison.Ordinal));
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await browser.GetAsync(later.At("/get/a"))).StatusCode);
    }

    [Fact]
    public async Task A_renewed_certificate_of_the_same_key_opens_what_the_one_before_encrypted()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=renewed", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var before = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(10));
        using var renewed = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(365));
        await using (var host = await StartAsync(files.Pfx(before)))
        {
            Assert.Contains(log.Lines, static line => line.Level == LogLevel.Warning && line.Text.Contains("expires on", StringComparison.Ordinal));
            await SetAsync(host);
        }

        await using var after = await StartAsync(files.PemWithKeyBeside(renewed));
        Assert.Equal("1", await browser.GetStringAsync(after.At("/get/a")));
    }

    [Fact]
    public async Task An_instance_without_the_certificate_does_not_start_and_leaves_the_ring_as_it_is()
    {
        using var made = TestCertificates.Make("ring");
        using var other = TestCertificates.Make("other");
        await using (await StartAsync(files.Pfx(made)))
        {
        }

        var before = (await engine.ReadAsync(Ring)).Record!.Revision;
        foreach (KeyCertificate[] named in (KeyCertificate[][])[[], [files.Pfx(other)]])
        {
            var fault = await Assert.ThrowsAsync<StateException>(() => StartAsync(named));
            Assert.Contains("'CN=ring'", fault.Message, StringComparison.Ordinal);
            Assert.Contains("HoldfastOptions.KeyCertificates", fault.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, (await engine.ReadAsync(Ring)).Record!.Revision);
    }

    [Fact]
    public async Task A_certificate_that_was_taken_out_too_early_stops_the_start()
    {
        using var oldCertificate = TestCertificates.Make("old");
        using var newCertificate = TestCertificates.Make("new");
        await using (await StartAsync(files.Pfx(oldCertificate)))
        {
        }

        await using (var both = await StartAsync(files.Pfx(newCertificate), files.Pfx(oldCertificate)))
        {
            both.Services.GetRequiredService<IKeyManager>().CreateNewKey(DateTimeOffset.UtcNow.AddDays(80), DateTimeOffset.UtcNow.AddDays(170));
        }

        // Its own key is not in force yet, and the one that is needs the certificate before.
        var fault = await Assert.ThrowsAsync<StateException>(() => StartAsync(files.Pfx(newCertificate)));
        Assert.Contains("that this instance can decrypt", fault.Message, StringComparison.Ordinal);
        Assert.Contains(log.Lines, static line => line.Level == LogLevel.Error && line.Text.Contains("can't be opened", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_encrypted_key_that_was_altered_does_not_open()
    {
        using var made = TestCertificates.Make("ring");
        var named = files.Pfx(made);
        await using (await StartAsync(named))
        {
        }

        var ring = (await engine.ReadAsync(Ring)).Record!;
        var (field, value) = Assert.Single(ring.Fields);
        var text = Encoding.UTF8.GetString(value.Span);
        var at = text.IndexOf("<content>", StringComparison.Ordinal) + 40;
        var altered = text[..at] + (text[at] == 'A' ? 'B' : 'A') + text[(at + 1)..];
        await engine.CommitAsync(new Commit(RecordChange.Update(Ring).Set(field, altered)));
        await Assert.ThrowsAsync<StateException>(() => StartAsync(named));
    }

    [Fact]
    public async Task A_ring_that_was_not_encrypted_is_encrypted_from_its_next_key_on()
    {
        await using (var before = await StartAsync())
        {
            await SetAsync(before);
        }

        using var made = TestCertificates.Make("ring");
        await using var after = await StartAsync(files.Pfx(made));
        Assert.Equal("1", await browser.GetStringAsync(after.At("/get/a")));
        NewKey(after);
        Assert.Single((await engine.ReadAsync(Ring)).Record!.Fields.Values, static value => Encoding.UTF8.GetString(value.Span).Contains("CN=ring", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_certificate_one_line_says_so_with_the_remedy_in_place_of_the_frameworks()
    {
        await using var host = await StartAsync();
        NewKey(host);
        NewKey(host);
        var line = Assert.Single(log.Lines, static line => line.Level >= LogLevel.Warning);
        Assert.Contains("HoldfastOptions.KeyCertificates", line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_application_that_has_keys_protected_itself_is_left_to_it()
    {
        using var made = TestCertificates.Make("own");
        await using var host = await StartAsync([], builder => builder.Services.AddDataProtection().ProtectKeysWithCertificate(made));
        Assert.DoesNotContain(log.Lines, static line => line.Level >= LogLevel.Warning);
        var value = Assert.Single((await engine.ReadAsync(Ring)).Record!.Fields).Value;
        Assert.Contains("X509Certificate", Encoding.UTF8.GetString(value.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_configuration_names_certificates()
    {
        using var made = TestCertificates.Make("configured");
        var named = files.Pfx(made);
        await using var host = await StartAsync([], builder => builder.Configuration.AddInMemoryCollection(
            [new("Holdfast:KeyCertificates:0:Path", named.Path), new("Holdfast:KeyCertificates:0:PasswordFile", named.PasswordFile)]));
        var value = Assert.Single((await engine.ReadAsync(Ring)).Record!.Fields).Value;
        Assert.Contains("CN=configured", Encoding.UTF8.GetString(value.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificates_that_are_of_no_use_stop_the_start_all_at_once_each_with_its_remedy()
    {
        using var expired = TestCertificates.Make("expired", fromDays: -10, toDays: -1);
        using var sound = TestCertificates.Make("sound");
        var elliptic = new CertificateRequest("CN=elliptic", ECDsa.Create(), HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(
            files.Pfx(expired),
            new KeyCertificate { Path = " " },
            new KeyCertificate { Path = Path.Combine(files.Folder, "missing.pfx") },
            new KeyCertificate { Path = files.Write("public.pem", sound.ExportCertificatePem()) },
            files.Pfx(sound) with { PasswordFile = files.Write("wrong", "not it") },
            files.Pfx(sound) with { PasswordFile = null },
            new KeyCertificate { Path = files.Write("none.pem", "no certificate at all") },
            new KeyCertificate { Path = files.Write("broken.pem", sound.ExportCertificatePem()[..100] + "\n-----BEGIN PRIVATE KEY-----\n") },
            new KeyCertificate { Path = files.Write("elliptic.pem", elliptic.ExportCertificatePem() + "\n" + elliptic.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()) }));
        var failures = fault.Failures.ToList();
        Assert.Equal(9, failures.Count);
        Assert.Contains("expired on", failures[0], StringComparison.Ordinal);
        Assert.Contains("has no Path", failures[1], StringComparison.Ordinal);
        Assert.Contains("missing.pfx", failures[2], StringComparison.Ordinal);
        Assert.Contains("public.key", failures[3], StringComparison.Ordinal);
        Assert.Contains("wrong", failures[4], StringComparison.Ordinal);
        Assert.Contains("PasswordFile", failures[5], StringComparison.Ordinal);
        Assert.Contains("none.pem", failures[6], StringComparison.Ordinal);
        Assert.Contains("broken.pem", failures[7], StringComparison.Ordinal);
        Assert.Contains("RSA", failures[8], StringComparison.Ordinal);
        Assert.All(failures, static failure => Assert.StartsWith("HoldfastOptions.KeyCertificates[", failure, StringComparison.Ordinal));
        Assert.DoesNotContain(TestCertificates.Password, fault.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1024, -1, "1024 bits")]
    [InlineData(2048, 2, "not valid before")]
    public async Task The_first_certificate_must_be_of_use_now(int bits, int fromDays, string problem)
    {
        using var made = TestCertificates.Make("first", bits, fromDays);
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(files.Pfx(made)));
        Assert.Contains(problem, Assert.Single(fault.Failures), StringComparison.Ordinal);
    }

    private static void NewKey(WebHost host) =>
        host.Services.GetRequiredService<IKeyManager>().CreateNewKey(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(Random.Shared.Next(200, 100_000)));

    private Task<WebHost> StartAsync(params KeyCertificate[] certificates) => StartAsync(certificates, null);

    private Task<WebHost> StartAsync(KeyCertificate[] certificates, Action<Microsoft.AspNetCore.Builder.WebApplicationBuilder>? build) => WebHost.StartAsync(
        engine,
        SessionTests.Map,
        options =>
        {
            foreach (var certificate in certificates)
            {
                options.KeyCertificates.Add(certificate);
            }
        },
        builder =>
        {
            builder.Logging.AddProvider(log);
            build?.Invoke(builder);
        });

    private async Task SetAsync(WebHost host)
    {
        using var set = await browser.PostAsync(host.At("/set/a"), new StringContent("1"));
        set.EnsureSuccessStatusCode();
    }
}
