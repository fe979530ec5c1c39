namespace Holdfast.AspNetCore;

/// <summary>Where sessions live.</summary>
public enum SessionStorage
{
    /// <summary>In the store, all of them. The default.</summary>
    Store,

    /// <summary>
    /// In the client's cookie or header, sealed, while they are small (<see cref="HoldfastOptions.CookieSessionMaxBytes"/>), nobody has signed in, and nothing is asked of
    /// them that only the store can do; and in the store from then on. Reading and writing such a session costs no round trip. Of parallel requests that
    /// change it, the last response wins, and who keeps an old cookie can go back to it until the timeouts are over.
    /// </summary>
    Cookie,
}
