using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using StockApplication.Bookings;

namespace StockApplication.Pages;

/// <summary>The second step: how many travel. Who has not taken the first one is sent back to it.</summary>
public sealed class PassengersModel : PageModel
{
    [BindProperty, Range(1, 9)]
    public int Count { get; set; }

    public IActionResult OnGet()
    {
        if (HttpContext.Session.Draft() is not { } draft)
        {
            return RedirectToPage("/Route");
        }

        Count = draft.Passengers;
        return Page();
    }

    public IActionResult OnPost()
    {
        if (HttpContext.Session.Draft() is not { } draft)
        {
            return RedirectToPage("/Route");
        }

        if (!ModelState.IsValid)
        {
            return Page();
        }

        HttpContext.Session.SetDraft(draft with { Passengers = Count });
        return RedirectToPage("/Confirm");
    }
}
