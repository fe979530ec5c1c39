using Holdfast.AspNetCore.Logins;
using Microsoft.AspNetCore.Authentication;

namespace Holdfast.AspNetCore.Tickets;

/// <summary>
/// A ticket of cookie authentication: the record <c>ticket/KEY</c>. Its fields: <c>ticket</c>, as the framework's
/// <see cref="TicketSerializer"/> writes it; and, when it signs in a user, <c>user</c> and <c>login</c>.
/// </summary>
internal static class TicketRecord
{
    public const string Kind = "ticket";

    private const string Ticket = "ticket";
    private const string User = "user";
    private const string LoginId = "login";

    /// <summary>A key has 144 random bits, and is pinned to the partition of the session that it is signed in with.</summary>
    private const int KeyBytes = 18;

    /// <summary>What a record holds beside the ticket itself, generously.</summary>
    private const int MaxTicketBytes = StateLimits.MaxRecordBytes - 1024;

    public static Address AddressOf(string key) => new(Kind, key);

    public static string NewKey(StateEngine engine, int partition) => engine.Partitions.Pin(partition, engine.Options.Entropy.NextText(KeyBytes));

    public static bool TryAddress(string key, out Address address) => Address.TryParse($"{Kind}/{key}", out address);

    /// <summary>The ticket in the record; null when this version can't read it.</summary>
    public static AuthenticationTicket? Read(Record record)
    {
        try
        {
            return record[Ticket] is { } bytes ? TicketSerializer.Default.Deserialize(bytes.ToArray()) : null;
        }
        catch (Exception fault) when (fault is IOException or FormatException or ArgumentException or OverflowException)
        {
            return null;
        }
    }

    /// <summary>The login that the ticket belongs to, if it signs in a user.</summary>
    public static LoginReference? LoginOf(Record record) =>
        record.Text(User) is { } user && record.Text(LoginId) is { } id ? new LoginReference(user, id) : null;

    /// <summary>Creates the record.</summary>
    public static RecordChange Creation(Address address, AuthenticationTicket ticket, LoginReference? login, TimeSpan timeToLive)
    {
        var creation = RecordChange.Update(address).When(Condition.Absent).Set(Ticket, Bytes(ticket)).ExpireAfter(timeToLive);
        return login is { } of ? creation.Set(User, of.User).Set(LoginId, of.Id) : creation;
    }

    /// <summary>Replaces the ticket in a record that is still what it is taken for.</summary>
    public static RecordChange Renewal(Address address, Condition still, AuthenticationTicket ticket, TimeSpan timeToLive) =>
        RecordChange.Update(address).When(still).Set(Ticket, Bytes(ticket)).ExpireAfter(timeToLive);

    /// <summary>What a ticket says, but for its times.</summary>
    public static byte[] ContentOf(AuthenticationTicket ticket)
    {
        var properties = ticket.Properties.Clone();
        (properties.IssuedUtc, properties.ExpiresUtc) = (null, null);
        var inOrder = properties.Items.OrderBy(static item => item.Key, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        return TicketSerializer.Default.Serialize(new AuthenticationTicket(ticket.Principal, new AuthenticationProperties(inOrder), ticket.AuthenticationScheme));
    }

    /// <exception cref="StateLimitException">The ticket is too large.</exception>
    private static byte[] Bytes(AuthenticationTicket ticket)
    {
        var bytes = TicketSerializer.Default.Serialize(ticket);
        return bytes.Length <= MaxTicketBytes
            ? bytes
            : throw new StateLimitException(
                $"The ticket that signs in has {bytes.Length} bytes, over {MaxTicketBytes}: give the principal fewer claims, or save fewer tokens with it.");
    }
}
