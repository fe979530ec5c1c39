using Holdfast.Cli.Prove.Diagnosis;

namespace Holdfast.Cli.Tests.Prove;

/// <summary>The table by which experiments name a cause.</summary>
public sealed class AttributionTests
{
    private static readonly Signs None = new();

    [Fact]
    public void In_memory_state_is_neither_on_another_instance_nor_there_after_a_restart() =>
        Is([FindingKind.ProcessMemory], new Pattern { Rotate = true, RotateLater = true, Restart = true, RestartLater = true, Kill = true });

    [Fact]
    public void State_on_the_instances_disk_survives_in_its_folder_and_not_in_a_fresh_one() =>
        Is([FindingKind.LocalDisk], new Pattern { Rotate = true, RotateLater = true, Restart = false, Kill = false, Renew = true });

    [Fact]
    public void State_on_the_instances_disk_that_a_kill_loses_is_stored_too_late_as_well() =>
        Is([FindingKind.LocalDisk, FindingKind.UnflushedWrite], new Pattern { Rotate = true, RotateLater = true, Restart = false, Kill = true, Renew = true });

    [Fact]
    public void A_write_that_only_a_kill_loses_was_acknowledged_too_early() =>
        Is([FindingKind.UnflushedWrite], new Pattern { Rotate = false, Restart = false, Kill = true });

    [Fact]
    public void A_write_that_others_see_only_later_and_a_kill_loses_was_acknowledged_too_early()
    {
        Is([FindingKind.UnflushedWrite], new Pattern { Rotate = true, RotateLater = false, Restart = false, Kill = true });
        Is([FindingKind.UnflushedWrite], new Pattern { Rotate = true, RotateLater = false, Restart = true, RestartLater = false, Kill = true });
    }

    [Fact]
    public void What_is_there_without_the_instance_that_wrote_it_and_looks_old_elsewhere_is_a_cache()
    {
        Is([FindingKind.PerInstanceCache], new Pattern { Rotate = true, RotateLater = true, Restart = false, Kill = false, Renew = false });
        Is([FindingKind.PerInstanceCache], new Pattern { Rotate = true, RotateLater = false, Restart = false, Kill = false });
    }

    [Fact]
    public void A_sealed_credential_that_another_instance_refuses_is_a_secret_wherever_the_keys_lie()
    {
        var signs = new Signs { Rejected = new Credential("auth", IsCookie: true, CredentialFormat.DataProtection) };
        Is([FindingKind.PerInstanceSecret], new Pattern { Rotate = true, Restart = true, Kill = true, Renew = true }, signs);
        Is([FindingKind.PerInstanceSecret], new Pattern { Rotate = true, Restart = false, Kill = false, Renew = true }, signs);
        Is([FindingKind.PerInstanceSecret], new Pattern { Rotate = true }, signs);
        Is([FindingKind.PerInstanceCache], new Pattern { Rotate = true, Restart = false, Kill = false, Renew = false }, signs);
    }

    [Fact]
    public void A_cookie_that_names_the_instance_is_affinity()
    {
        Is([FindingKind.Affinity], new Pattern { Rotate = true, Restart = true, Kill = true }, new Signs { AffinityCookie = "node" });
        Is([FindingKind.Affinity], new Pattern { Rotate = true }, new Signs { NamesInstance = true });
    }

    [Fact]
    public void What_the_experiments_leave_open_is_unknown()
    {
        Is([FindingKind.Unknown], new Pattern { Rotate = true });
        Is([FindingKind.Unknown], new Pattern { Rotate = false, Restart = true, RestartLater = true, Kill = true });
    }

    private static void Is(FindingKind[] expected, Pattern pattern, Signs? signs = null) => Assert.Equal(expected, Attribution.Of(pattern, signs ?? None));
}
