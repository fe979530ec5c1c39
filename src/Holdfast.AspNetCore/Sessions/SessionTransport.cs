namespace Holdfast.AspNetCore;

/// <summary>How a client tells which session is its own, and what it has seen.</summary>
public enum SessionTransport
{
    /// <summary>By cookies, which browsers send by themselves. The default.</summary>
    Cookie,

    /// <summary>
    /// By the headers <c>Holdfast-Session</c> and <c>Holdfast-Seen</c>, for API clients: what a response sends, the client's next request sends back.
    /// Cookies are not read, so that no other site can have a browser send them.
    /// </summary>
    Header,
}
