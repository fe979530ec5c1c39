namespace Holdfast.Gateway.Tests;

/// <summary>What a <see cref="RawInstance"/> does with a connection behind its answer.</summary>
internal enum Parting
{
    /// <summary>It ends its half, and reads on to throw it away.</summary>
    HalfClose,

    /// <summary>It reads on and counts what it reads.</summary>
    Read,

    /// <summary>It ends the connection without having read anything of a body.</summary>
    Close,

    /// <summary>It resets the connection, unless the answer has come as far as the end of its head: then as <see cref="HalfClose"/>.</summary>
    Reset,

    /// <summary>It resets the connection, however much it has answered, and does not end its half before.</summary>
    Cut,

    /// <summary>It neither reads a body nor ends the connection. Behind a GET it takes the next request there.</summary>
    Rest,
}
