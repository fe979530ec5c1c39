namespace Holdfast.NearCaching;

/// <summary>What the near cache can say to a read.</summary>
internal enum NearCacheAnswer
{
    /// <summary>It has nothing that may be served: ask the store for the record.</summary>
    Miss,

    /// <summary>It answered.</summary>
    Hit,

    /// <summary>It has the record, but has not seen the revision that the stamp asks for: ask the store for the revision.</summary>
    Behind,

    /// <summary>It has the record, and does not know the stamp's term: ask the store for the terms.</summary>
    UnknownTerm,
}
