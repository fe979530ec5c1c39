namespace Holdfast.Cli.Prove.Diagnosis;

/// <summary>What the exchanges themselves show of the cause.</summary>
internal sealed record Signs
{
    /// <summary>A credential that holds its own content, was issued within the walk, and is what the read was refused for.</summary>
    public Credential? Rejected { get; init; }

    /// <summary>A cookie whose value names the instance that set it.</summary>
    public string? AffinityCookie { get; init; }

    /// <summary>Whether an instance redirected to the address of another.</summary>
    public bool NamesInstance { get; init; }

    /// <summary>The cookie that stands for a session that the server keeps.</summary>
    public Credential? Session { get; init; }

    /// <summary>What the application is made with, as its headers and cookies tell.</summary>
    public Stack Stack { get; init; }
}
