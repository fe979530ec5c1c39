namespace Shop.Requests;

/// <summary>Why a request was refused, for a person.</summary>
public sealed record Refusal(string Error);
