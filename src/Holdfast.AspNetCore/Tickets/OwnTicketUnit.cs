using Holdfast.AspNetCore.Logins;
using Holdfast.AspNetCore.Requests;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tickets;

/// <summary>Tickets without a request's state: what changes is committed at once, the login ahead of its ticket.</summary>
internal sealed class OwnTicketUnit(TicketServices services, HttpContext? context) : TicketUnit
{
    private StateEngine Engine => services.Engine;

    private DateTimeOffset Now => Engine.Options.Clock.GetUtcNow();

    public override async ValueTask<Record?> ReadAsync(Address address, CancellationToken cancellationToken) =>
        (await Engine.ReadAsync(address, Freshness.Pushed, cancellationToken)).Record;

    public override async ValueTask<Login?> FindAsync(LoginReference login, CancellationToken cancellationToken)
    {
        // Only the store says no: what was signed in a moment ago may not have reached this instance yet.
        var address = LoginRecord.AddressOf(login.User);
        return LoginRecord.Find(await ReadAsync(address, cancellationToken), login.Id, Now)
            ?? LoginRecord.Find((await Engine.ReadAsync(address, Freshness.Latest, cancellationToken)).Record, login.Id, Now);
    }

    public override async ValueTask<string> SignInAsync(TicketSignIn signIn, CancellationToken cancellationToken)
    {
        var key = TicketRecord.NewKey(Engine, Engine.Partitions.PartitionOf(signIn.ReplacedKey ?? LoginRecord.NewId(Engine)));
        if (signIn.ReplacedLogin is { } replaced)
        {
            await EndAsync(replaced);
        }

        LoginReference? login = signIn.User is { } user ? await BeginAsync(user, signIn, key, cancellationToken) : null;
        await OwnCommit.MakeAsync(Engine, new TicketChange(signIn.Creation(key, login)));
        if (signIn.ReplacedKey is { } old)
        {
            await DeleteAsync(old);
        }

        return key;
    }

    public override ValueTask RenewAsync(TicketRenewal renewal, CancellationToken cancellationToken) => OwnCommit.MakeAsync(Engine, renewal);

    public override async ValueTask SignOutAsync(string key, LoginReference? login, CancellationToken cancellationToken)
    {
        if (login is { } ended)
        {
            await EndAsync(ended);
        }

        await DeleteAsync(key);
    }

    private ValueTask DeleteAsync(string key) => OwnCommit.MakeAsync(Engine, new TicketChange(RecordChange.Delete(TicketRecord.AddressOf(key))));

    private async ValueTask<LoginReference> BeginAsync(string user, TicketSignIn signIn, string key, CancellationToken cancellationToken)
    {
        var reference = new LoginReference(user, LoginRecord.NewId(Engine));
        var logins = new UserLogins(user, await ReadLatestAsync(user, cancellationToken), services.Limit, Engine.Options.Clock);
        if (logins.IsFull)
        {
            // Listing takes out those of which nothing is left.
            await services.Directory.ListAsync(user, cancellationToken);
            logins.Reread(await ReadLatestAsync(user, cancellationToken));
        }

        var login = Login.Begin(context, Now, signIn.Expires, services.Options);
        logins.Add(reference.Id, login with { Scheme = signIn.Ticket.AuthenticationScheme, Ticket = key });
        await OwnCommit.MakeAsync(Engine, logins);
        await EndedLogins.DeleteAsync(Engine, logins.Displaced, SessionEndReason.Displaced, services.Logger);
        return reference;
    }

    private async ValueTask EndAsync(LoginReference login)
    {
        var logins = new UserLogins(login.User, null, services.Limit, Engine.Options.Clock);
        logins.Remove(login.Id);
        await OwnCommit.MakeAsync(Engine, logins);
    }

    private async ValueTask<Record?> ReadLatestAsync(string user, CancellationToken cancellationToken) =>
        (await Engine.ReadAsync(LoginRecord.AddressOf(user), Freshness.Latest, cancellationToken)).Record;
}
