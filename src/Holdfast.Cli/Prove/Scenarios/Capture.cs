namespace Holdfast.Cli.Prove.Scenarios;

/// <summary>Where in an answer a value lies.</summary>
internal enum CaptureSource
{
    /// <summary>At a path in a JSON body: <c>$.cart[0]</c>.</summary>
    Json,

    /// <summary>In a response header: <c>header:Location</c>.</summary>
    Header,

    /// <summary>In a cookie that the browser holds: <c>cookie:sid</c>.</summary>
    Cookie,

    /// <summary>At a CSS selector in a page: <c>css:a.next@href</c>, or without @ an input's value or an element's text.</summary>
    Css,
}

/// <summary>A value that a step takes out of its answer, for later steps.</summary>
/// <param name="Name">What it is used under.</param>
/// <param name="Source">Where it lies.</param>
/// <param name="Place">The path, the name or the selector there.</param>
internal sealed record Capture(string Name, CaptureSource Source, string Place)
{
    /// <summary>The capture as the scenario writes it.</summary>
    public string Text => Source switch
    {
        CaptureSource.Header => $"header:{Place}",
        CaptureSource.Cookie => $"cookie:{Place}",
        CaptureSource.Css => $"css:{Place}",
        _ => Place,
    };
}
