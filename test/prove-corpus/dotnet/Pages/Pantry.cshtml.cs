using Corpus.Cases;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Corpus.Pages;

internal sealed class PantryModel(Shelves shelves) : PageModel
{
    [TempData]
    public string? Notice { get; set; }

    public IReadOnlyList<string> Jars { get; private set; } = [];

    public void OnGet(string name) => Jars = shelves.JarsOf(name);

    public IActionResult OnPost(string name, string? jar)
    {
        if (string.IsNullOrWhiteSpace(jar))
        {
            Notice = "The jar needs a label.";
            return RedirectToPage(new { name });
        }

        shelves.Put(name, jar);
        Notice = $"{jar} was put away.";
        return RedirectToPage(new { name });
    }
}
