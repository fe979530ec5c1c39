namespace Holdfast.Cli.Tests.Prove.Simulated;

/// <summary>Where likes are stored in the end.</summary>
internal sealed class LikesStore
{
    private readonly List<(string Article, TimeSpan At)> likes = [];

    /// <summary>The processes that run.</summary>
    public List<LikesProcess> Writers { get; } = [];

    /// <summary>Has each process store what was due until now.</summary>
    public void Settle() => Writers.ForEach(static writer => writer.Flush());

    /// <summary>Stores likes, which are there from a time on.</summary>
    public void Write(IEnumerable<string> articles, TimeSpan at) => likes.AddRange(articles.Select(article => (article, at)));

    public int Count(string article, TimeSpan now) => likes.Count(like => like.Article == article && like.At <= now);
}
