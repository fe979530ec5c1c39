namespace Holdfast.Cli.Prove.Diagnosis;

/// <summary>What a finding comes from, and what helps, in words of the application's stack.</summary>
internal static class Remedies
{
    /// <summary>The likely mechanism; null when nothing points to one.</summary>
    public static string? Mechanism(FindingKind kind, Signs signs) => (kind, signs) switch
    {
        (FindingKind.Affinity, { NamesInstance: true }) => "an instance redirects to the address of another",
        (FindingKind.Affinity, { AffinityCookie: { } cookie }) => $"the cookie {cookie} names the instance that set it",
        (FindingKind.PerInstanceSecret, { Rejected: { } rejected }) => rejected.Format switch
        {
            CredentialFormat.Jwt => $"{rejected.Text} is a JSON web token signed with a key that only the issuing instance has",
            CredentialFormat.Antiforgery => $"{rejected.Text} is ASP.NET Core's antiforgery token, protected by keys that only the issuing instance has",
            CredentialFormat.DataProtection => $"{rejected.Text} is protected by ASP.NET Core's data protection, with keys that only the issuing instance has",
            CredentialFormat.SignedLink => $"{rejected.Text} is a link signed with a key that only the issuing instance has",
            _ => $"{rejected.Text} is sealed or signed with a key that only the issuing instance has",
        },
        (FindingKind.ProcessMemory or FindingKind.LocalDisk or FindingKind.Unknown, { Session: { } session }) =>
            $"the cookie {session.Name} stands for a session that {(kind == FindingKind.LocalDisk ? "lies on the instance's disk" : "the instance keeps")}",
        (FindingKind.ProcessMemory, { Stack: Stack.AspNetCore }) => "a static field, a singleton or IMemoryCache",
        (FindingKind.ProcessMemory, { Stack: Stack.Node }) => "a variable of a module",
        _ => null,
    };

    /// <summary>What helps.</summary>
    public static string Remedy(FindingKind kind, Signs signs) => kind switch
    {
        FindingKind.ProcessMemory when signs.Session is not null => SharedSessions(signs.Stack),
        FindingKind.ProcessMemory => "keep it in a store that all instances share (a database, Redis, holdfast node)",
        FindingKind.LocalDisk when signs.Session is not null => SharedSessions(signs.Stack),
        FindingKind.LocalDisk => "keep it in a shared store: files in an object store or on a volume that all instances mount, records in a database",
        FindingKind.UnflushedWrite => "answer only after the store has acknowledged the write, or put it into a queue that survives the instance",
        FindingKind.LostUpdate => "change the stored value in one step (an increment, an upsert, a transaction), or refuse a write whose version has changed",
        FindingKind.PerInstanceSecret => SharedKeys(signs.Rejected),
        FindingKind.PerInstanceCache => "tell the other instances when the value changes, or keep the cache in the shared store; a lifetime only bounds how long the wrong value is served",
        FindingKind.Affinity => "remove the affinity once what it guards is in a shared store: prove again without it to see what that is",
        FindingKind.BackgroundWork => "let one instance do the work at a time (a lease, a queue), or move it to a worker of its own",
        _ => "look at what the read depends on: the smallest walk below shows it on demand",
    };

    private static string SharedSessions(Stack stack) => stack switch
    {
        Stack.AspNetCore => "keep sessions in a distributed store: AddHoldfast(), or AddStackExchangeRedisCache() instead of AddDistributedMemoryCache(), and share the data protection keys",
        Stack.AspNet => "use the StateServer, SQLServer or a Redis session state provider instead of InProc, with one machineKey",
        Stack.Node => "give express-session a shared store, such as connect-redis, instead of its MemoryStore",
        Stack.Java => "use Spring Session with Redis or JDBC, or a cluster session manager",
        Stack.Php => "set session.save_handler to redis or memcached instead of files",
        Stack.Django => "use the cache or database session engine with a shared backend",
        Stack.Rails or Stack.Flask => "keep sessions in Redis or a database",
        _ => "keep sessions in a store that all instances share",
    };

    private static string SharedKeys(Credential? credential) => credential?.Format switch
    {
        CredentialFormat.DataProtection or CredentialFormat.Antiforgery =>
            "keep the data protection keys in a place that all instances share: AddHoldfast(), or AddDataProtection().PersistKeysTo…, with one application name",
        _ => "give all instances the same key, from configuration or a secret store, instead of one made at start",
    };
}
