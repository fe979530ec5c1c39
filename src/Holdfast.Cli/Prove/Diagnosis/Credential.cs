namespace Holdfast.Cli.Prove.Diagnosis;

/// <summary>Something that the application gave the user, and that the user brought back.</summary>
/// <param name="Name">The cookie's name, or the name that the scenario captured it under.</param>
/// <param name="IsCookie">Whether it is a cookie.</param>
/// <param name="Format">What it is.</param>
internal sealed record Credential(string Name, bool IsCookie, CredentialFormat Format)
{
    /// <summary>Whether it holds its content itself, so that who has the key needs nothing else to read it.</summary>
    public bool IsSelfContained => Format is not (CredentialFormat.Opaque or CredentialFormat.SessionId);

    public string Text => IsCookie ? $"cookie {Name}" : $"{{{{{Name}}}}}";
}

/// <summary>What a credential is, as far as its form tells.</summary>
internal enum CredentialFormat
{
    /// <summary>Nothing can be told from it.</summary>
    Opaque,

    /// <summary>It stands for a session that the server keeps, as its name tells.</summary>
    SessionId,

    /// <summary>A JSON web token.</summary>
    Jwt,

    /// <summary>Protected by ASP.NET Core's data protection.</summary>
    DataProtection,

    /// <summary>ASP.NET Core's antiforgery token.</summary>
    Antiforgery,

    /// <summary>Sealed or signed in a form of another framework.</summary>
    Sealed,

    /// <summary>Readable content, the user's own or JSON, with a signature.</summary>
    SignedContent,

    /// <summary>A link with a signature.</summary>
    SignedLink,
}
