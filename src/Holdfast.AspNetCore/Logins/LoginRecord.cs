namespace Holdfast.AspNetCore.Logins;

/// <summary>
/// A user's logins: the record <c>logins/USER</c>, with a field for each, named by its id. The fields are the truth: a session or
/// ticket that was signed in counts only while its login stands there. So ending one is removing a field, and ending all
/// is deleting the record, in one commit, wherever the sessions are.
/// </summary>
internal static class LoginRecord
{
    public const string Kind = "logins";

    /// <summary>Ids tell logins apart, and open nothing; 96 random bits.</summary>
    private const int IdBytes = 12;

    public static Address AddressOf(string userId) => new(Kind, UserAffinity.Of(userId));

    public static string NewId(StateEngine engine) => engine.Options.Entropy.NextText(IdBytes);

    /// <summary>The login, if it stands in the record and is not over.</summary>
    public static Login? Find(Record? record, string loginId, DateTimeOffset now) =>
        record?[loginId] is { } json && LoginJson.Read(json.Span) is { } login && !login.IsOver(now) ? login : null;

    /// <summary>All logins in the record by id; null for one that can't be read.</summary>
    public static IEnumerable<(string Id, Login? Login)> All(Record? record) =>
        record is null ? [] : record.Fields.Select(static field => (field.Key, LoginJson.Read(field.Value.Span)));
}
