namespace Holdfast.AspNetCore.Sessions;

/// <summary>
/// A session that its client holds itself, sealed, because it is small and nothing asks for more (<see cref="SessionStorage.Cookie"/>). Its
/// timeouts are within the seal. It has an id, which it keeps if it moves to the store.
/// </summary>
/// <param name="Id">Its id, which is the affinity of the record that it would move to.</param>
/// <param name="Created">When it was created.</param>
/// <param name="TouchedSeconds">When it was last sent to the client, in seconds since 1970.</param>
/// <param name="Fields">Its fields, as a record would have them, but for when it was created.</param>
internal sealed record HeldSession(
    string Id, DateTimeOffset Created, long TouchedSeconds, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Fields)
{
    public const int MaxFields = 256;

    /// <summary>The record that it would be in a store, though never was.</summary>
    public Record ToRecord()
    {
        var fields = new Dictionary<string, ReadOnlyMemory<byte>>(Fields, StringComparer.Ordinal)
        {
            [SessionFields.Created] = System.Text.Encoding.ASCII.GetBytes(SessionFields.Format(Created)),
        };
        return new Record(SessionReference.AddressOf(Id), 0, 0, fields, null);
    }
}
