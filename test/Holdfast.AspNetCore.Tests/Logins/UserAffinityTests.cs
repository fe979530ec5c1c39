using Holdfast.AspNetCore.Logins;

namespace Holdfast.AspNetCore.Tests.Logins;

public sealed class UserAffinityTests
{
    public static TheoryData<string> Ids =>
    [
        "u42", "a b/c{d}", "Ünïcode 🌊", "2a~pinned", "sha256:0", new string('x', 200), new string('x', 201), new string('é', 60), string.Concat(Enumerable.Repeat("🌊", 5_000)), "\ud800", "\udc00\ud800", "\0",
    ];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Any_text_has_an_affinity_of_its_own(string id)
    {
        var affinity = UserAffinity.Of(id);
        Assert.Equal(affinity, new Address("logins", affinity).Affinity);
        Assert.Single(Ids.Select(static row => UserAffinity.Of(row.Data)), affinity);
        Assert.Equal(affinity, UserAffinity.Of(id));
    }

    [Fact]
    public void Usual_ids_have_the_affinity_that_an_application_gives_their_records() =>
        Assert.Equal(Address.Escape("ada@example.org"), UserAffinity.Of("ada@example.org"));

    [Fact]
    public void Ids_that_differ_only_in_broken_characters_are_kept_apart() =>
        Assert.NotEqual(UserAffinity.Of("a\ud800"), UserAffinity.Of("a\ud801"));

    [Fact]
    public void No_id_is_no_user() => Assert.Throws<ArgumentException>(static () => UserAffinity.Of(""));
}
