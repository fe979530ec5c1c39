namespace Holdfast.AspNetCore;

/// <summary>Why a session was ended.</summary>
public enum SessionEndReason
{
    /// <summary>Its client signed out, signed in as somebody else, or the application ended it: <see cref="RequestState.EndSession"/>.</summary>
    SignedOut,

    /// <summary>It goes on under another id: its client signed in, or its privilege changed.</summary>
    Renewed,

    /// <summary>It was ended from elsewhere: <see cref="SessionDirectory"/>, or <c>holdfast sessions end</c>.</summary>
    Revoked,

    /// <summary>It was the oldest when its user signed in beyond <see cref="HoldfastOptions.MaxSessionsPerUser"/>.</summary>
    Displaced,
}
