using Holdfast;
using Holdfast.AspNetCore;
using Shop.Requests;

namespace Shop.SignIn;

/// <summary>Who is asking, and what of the shop's state is theirs.</summary>
/// <param name="State">The state plane, as this request sees it.</param>
/// <param name="User">Who has signed in, or null.</param>
internal sealed record Visitor(RequestState State, string? User)
{
    /// <summary>
    /// What the visitor's records stay together with: the user, or else the session, which is made if there is none.
    /// A user's name has no <c>~</c>, which every session's affinity has, so that the two never meet.
    /// </summary>
    public string Affinity => User is null ? State.SessionAffinity : Address.Escape(User);

    /// <summary>Whether there is anything of theirs in the state plane; asking for it must not make a session for who only looks.</summary>
    public bool IsKnown => User is not null || State.HasSession;

    public Address Cart => new("cart", Affinity);

    public static async ValueTask<Visitor> OfAsync(HttpContext context)
    {
        await context.Session.LoadAsync(context.RequestAborted);
        var state = context.GetState();
        return new Visitor(state, state.UserId);
    }

    /// <summary>The visitor, if signed in; otherwise the request is refused with 401.</summary>
    public static async ValueTask<(Visitor Visitor, string User)> SignedInAsync(HttpContext context)
    {
        var visitor = await OfAsync(context);
        return (visitor, visitor.User ?? throw new RefusedException(StatusCodes.Status401Unauthorized, "Sign in first."));
    }
}
