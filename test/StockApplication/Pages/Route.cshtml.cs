using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using StockApplication.Bookings;

namespace StockApplication.Pages;

/// <summary>The first step: from where to where.</summary>
public sealed class RouteModel : PageModel
{
    [BindProperty, Required]
    public string From { get; set; } = "";

    [BindProperty, Required]
    public string To { get; set; } = "";

    public void OnGet()
    {
        if (HttpContext.Session.Draft() is { } draft)
        {
            (From, To) = (draft.From, draft.To);
        }
    }

    public IActionResult OnPost()
    {
        if (!ModelState.IsValid)
        {
            return Page();
        }

        HttpContext.Session.SetDraft(new Booking(From, To, HttpContext.Session.Draft()?.Passengers ?? 1));
        return RedirectToPage("/Passengers");
    }
}
