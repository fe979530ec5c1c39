using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Holdfast.Tree.Tests;

/// <summary>
/// The blocks of C# in a page, each compiled by itself as a program of its own, as a web project sees it. What a block
/// leans on stands before it in a comment: <c>&lt;!-- given: StateEngine engine = null!; --&gt;</c>.
/// </summary>
internal static partial class PageCode
{
    private const string Usings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder; global using Microsoft.AspNetCore.Http; global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration; global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting; global using Microsoft.Extensions.Logging; global using Holdfast;
        """;

    private static readonly CSharpParseOptions Parsing = new(LanguageVersion.CSharp14);
    private static readonly MetadataReference[] References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(static path => MetadataReference.CreateFromFile(path))];

    public static IEnumerable<string> ProblemsOf(string page, string text)
    {
        foreach (Match block in Block().Matches(text))
        {
            var line = text.AsSpan(0, block.Groups["code"].Index).Count('\n') + 1;
            foreach (var fault in Compile(block.Groups["given"].Value, block.Groups["code"].Value))
            {
                yield return $"{page}:{line + fault.Location.GetMappedLineSpan().StartLinePosition.Line}: {fault.GetMessage()}";
            }
        }
    }

    private static IEnumerable<Diagnostic> Compile(string given, string code)
    {
        // A using directive may not follow a statement, so what is given comes after those of the block.
        var parsed = CSharpSyntaxTree.ParseText(code, Parsing).GetCompilationUnitRoot();
        var split = parsed.Usings.Count == 0 ? 0 : parsed.Usings.FullSpan.End;
        var below = code.AsSpan(0, split).Count('\n') + 1;
        var whole = $"#line 1\n{code[..split]}\n{given}\n#line {below}\n{code[split..]}";
        var program = CSharpSyntaxTree.ParseText(whole, Parsing);
        var isProgram = program.GetCompilationUnitRoot().Members.OfType<GlobalStatementSyntax>().Any();
        var options = new CSharpCompilationOptions(
            isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable);
        return CSharpCompilation.Create("Page", [CSharpSyntaxTree.ParseText(Usings, Parsing), program], References, options)
            .GetDiagnostics().Where(static fault => fault.Severity == DiagnosticSeverity.Error);
    }

    [GeneratedRegex(@"(?:<!--\s*given:(?<given>.*?)-->\s*)?^```csharp\s*\n(?<code>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
}
