namespace Holdfast.AspNetCore.Requests;

/// <summary>
/// What the request was to change has been changed by another meanwhile, under a condition that the application declared. The
/// request wrote nothing in that commit and those after it; its client is answered 409.
/// </summary>
internal sealed class RequestConflictException(string message) : StateException(message);
