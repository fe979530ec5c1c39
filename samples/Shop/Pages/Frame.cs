namespace Shop.Pages;

/// <summary>What surrounds every page: who is signed in, and how much is in the cart.</summary>
public sealed record Frame(string? User, long CartCount);
