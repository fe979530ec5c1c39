using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace StockApplication.Pages;

public sealed class IndexModel : PageModel
{
    public int Visits { get; private set; }

    public void OnGet()
    {
        Visits = (HttpContext.Session.GetInt32("visits") ?? 0) + 1;
        HttpContext.Session.SetInt32("visits", Visits);
    }

    /// <summary>Forgets everything about the visitor but who they are.</summary>
    public IActionResult OnPost()
    {
        HttpContext.Session.Clear();
        return RedirectToPage("/Index");
    }
}
