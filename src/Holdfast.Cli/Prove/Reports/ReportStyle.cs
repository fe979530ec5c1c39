namespace Holdfast.Cli.Prove.Reports;

/// <summary>How the page looks: on a screen, in the dark, on paper.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root { color-scheme: light dark; --text: #1b1f24; --page: #fff; --soft: #f3f5f7; --line: #d0d7de; --good: #1a7f37; --bad: #b3261e; --open: #8a5a00; }
        @media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --page: #0f1419; --soft: #1a2129; --line: #37414b; --good: #57c274; --bad: #ff8b80; --open: #e0b050; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
        main { max-width: 62rem; margin: 0 auto; padding: 1.5rem; }
        header { border-left: .4rem solid var(--open); padding: .2rem 1rem; margin-bottom: 1rem; }
        header h1 { font-size: 2.2rem; margin: 0; color: var(--open); }
        header.stateless { border-color: var(--good); } header.stateless h1 { color: var(--good); }
        header.stateful { border-color: var(--bad); } header.stateful h1 { color: var(--bad); }
        header p { margin: .2rem 0; overflow-wrap: anywhere; }
        h2 { font-size: 1.2rem; margin: 1.6rem 0 .4rem; } h3 { font-size: 1rem; margin: 1rem 0 .3rem; }
        dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 0; } dt { font-size: .8rem; opacity: .75; } dd { margin: 0; }
        table { border-collapse: collapse; } th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
        .wide { overflow-x: auto; } .finding { background: var(--soft); padding: .2rem 1rem 1rem; border-radius: .5rem; margin-top: 1rem; }
        .finding h2 { color: var(--bad); margin-top: .6rem; } .finding table { width: 100%; } .finding th { width: 9rem; }
        code, pre { font: .88em ui-monospace, monospace; } pre { overflow-x: auto; background: var(--page); border: 1px solid var(--line); padding: .6rem; }
        .matrix th, .matrix .good { white-space: nowrap; } .good { color: var(--good); } .bad { color: var(--bad); } .none { opacity: .55; }
        .timeline th, .timeline td { border: 0; padding: .1rem .6rem .1rem 0; white-space: nowrap; }
        b[class^=i] { display: inline-block; min-width: 1.5em; margin: 1px; padding: 0 .3em; text-align: center; border-radius: .25em; color: #fff; background: #3465a4; }
        b.i2 { background: #7a4fa3; } b.i3 { background: #2e7d6b; } b.i0 { background: #8d5a2b; } b.off { outline: 2px solid var(--bad); outline-offset: 1px; margin: 1px 4px; }
        @media print { main { max-width: none; padding: 0; } .finding, tr { break-inside: avoid; } h2 { break-after: avoid; } pre { white-space: pre-wrap; overflow-wrap: anywhere; } * { print-color-adjust: exact; } }
        """;
}
