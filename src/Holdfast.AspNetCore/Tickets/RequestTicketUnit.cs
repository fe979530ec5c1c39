using Holdfast.AspNetCore.Logins;

namespace Holdfast.AspNetCore.Tickets;

/// <summary>Tickets as the request's client may see them; what changes goes with the request's one commit.</summary>
internal sealed class RequestTicketUnit(RequestState state) : TicketUnit
{
    public override ValueTask<Record?> ReadAsync(Address address, CancellationToken cancellationToken) => state.ReadAsync(address, cancellationToken);

    public override async ValueTask<Login?> FindAsync(LoginReference login, CancellationToken cancellationToken)
    {
        var found = await state.Login.FindAsync(login, cancellationToken);
        if (found is not null)
        {
            state.Login.FoundInTicket(login);
        }

        return found;
    }

    public override async ValueTask<string> SignInAsync(TicketSignIn signIn, CancellationToken cancellationToken)
    {
        var sessionId = await state.Session.BeginAnewAsync(signIn.User, cancellationToken);
        var key = TicketRecord.NewKey(state.Engine, state.Engine.Partitions.PartitionOf(sessionId));
        if (signIn.ReplacedKey is { } replaced)
        {
            state.Login.Change(RecordChange.Delete(TicketRecord.AddressOf(replaced)));
        }

        LoginReference? login = signIn.User is { } user
            ? await state.Login.SignInAsync(signIn, user, sessionId, key, cancellationToken)
            : null;
        state.Login.Change(signIn.Creation(key, login));
        return key;
    }

    public override ValueTask RenewAsync(TicketRenewal renewal, CancellationToken cancellationToken)
    {
        state.Login.Renew(renewal);
        return ValueTask.CompletedTask;
    }

    public override async ValueTask SignOutAsync(string key, LoginReference? login, CancellationToken cancellationToken)
    {
        await state.Session.ReadAsync(cancellationToken);
        if (state.Login.OfSession is null || state.Login.OfSession == login)
        {
            state.Session.End();
        }

        if (login is { } ended)
        {
            state.Login.End(ended);
        }

        state.Login.Change(RecordChange.Delete(TicketRecord.AddressOf(key)));
    }
}
