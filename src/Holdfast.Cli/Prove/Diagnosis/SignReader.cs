using System.Text.RegularExpressions;
using Holdfast.Cli.Prove.Browsing;
using Holdfast.Cli.Prove.Runs;
using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Prove.Diagnosis;

/// <summary>Reads off the exchanges of a witness what points to its cause.</summary>
internal static partial class SignReader
{
    /// <param name="controls">Undisturbed runs of the witness, several on each instance.</param>
    /// <param name="test">The run in which the read differs.</param>
    public static Signs Of(IReadOnlyList<Run> controls, Run test)
    {
        var read = test.Answers[^1];
        var presented = Presented(test).ToArray();
        var rejected = presented.FirstOrDefault(credential => credential.IsSelfContained
            && (IsRejection(read, controls[0].Answers[^1], credential) || IsIssuedByLastWrite(test, credential)));
        return new Signs
        {
            Rejected = rejected,
            Session = presented.FirstOrDefault(static credential => credential.Format == CredentialFormat.SessionId),
            AffinityCookie = ReadOf(test).Sent.Select(static cookie => cookie.Name).FirstOrDefault(name => !IsSigned(presented, name) && NamesItsInstance(controls, name)),
            NamesInstance = test.Answers.Any(static answer => answer.Hops.Any(static hop => hop.Redirect?.Named is { } named && named.Number != hop.Instance)),
            Stack = SessionCookies.StackOf(
                test.Answers.SelectMany(static answer => answer.Set).Select(static cookie => cookie.Name),
                test.Answers.SelectMany(static answer => answer.Last.Headers)),
        };
    }

    /// <summary>The exchange that reads: the last request's first, or where its redirect goes elsewhere, the last.</summary>
    private static Hop ReadOf(Run test) => test.Schedule.Places[^1].Spreads ? test.Answers[^1].Last : test.Answers[^1].Hops[0];

    /// <summary>What the read brought back of what earlier answers of the walk gave.</summary>
    private static IEnumerable<Credential> Presented(Run test)
    {
        var issued = test.Answers.SelectMany(static answer => answer.Hops).SkipLast(1).SelectMany(static hop => hop.Set).Select(static cookie => cookie.Name).ToHashSet();
        var sent = ReadOf(test).Sent;
        foreach (var cookie in sent.Where(cookie => issued.Contains(cookie.Name)))
        {
            var isSigned = sent.Any(other => other.Name == $"{cookie.Name}.sig");
            yield return new Credential(cookie.Name, IsCookie: true, CredentialReader.FormatOf(cookie.Name, cookie.Value, test.Unique, isSigned));
        }

        foreach (var name in test.Walk.Requests[^1].Step.Names.Where(static name => name != Template.Unique))
        {
            if (test.Values.TryGetValue(name, out var value))
            {
                yield return new Credential(name, IsCookie: false, CredentialReader.FormatOf(name, value.Text, test.Unique));
            }
        }
    }

    /// <summary>Whether the answer refuses who asks, or takes the credential away, as the undisturbed one does not.</summary>
    private static bool IsRejection(Answer read, Answer undisturbed, Credential credential) =>
        (read.Status is 400 or 401 or 403 or 407 or 419 or 498 && undisturbed.Status != read.Status)
        || (read.Hops.Any(static hop => hop.Location is { } location && SignIn().IsMatch(location)) && !undisturbed.Hops.Any(static hop => hop.Location is { } location && SignIn().IsMatch(location)))
        || (read.Set.Any(cookie => cookie.Name == credential.Name) && !undisturbed.Set.Any(cookie => cookie.Name == credential.Name));

    /// <summary>Whether what was written last came back to the user as the credential itself.</summary>
    private static bool IsIssuedByLastWrite(Run test, Credential credential) =>
        test.Schedule.Places[^1].Spreads
            ? test.Answers[^1].Hops.SkipLast(1).Any(hop => hop.Set.Any(cookie => cookie.Name == credential.Name))
            : test.Answers.Count > 1
                && (credential.IsCookie
                    ? test.Answers[^2].Set.Any(cookie => cookie.Name == credential.Name)
                    : test.Walk.Requests[^2].Step.Captures.Any(capture => capture.Name == credential.Name));

    /// <summary>Whether a cookie is signed content or a signature, which is the same for all users of an instance who have the same content.</summary>
    private static bool IsSigned(IEnumerable<Credential> presented, string name) =>
        presented.Any(credential => credential.IsCookie && credential.IsSelfContained && (name == credential.Name || name == $"{credential.Name}.sig"));

    /// <summary>Whether a cookie has one value for all users of an instance, and another on each.</summary>
    private static bool NamesItsInstance(IReadOnlyList<Run> controls, string name)
    {
        var values = (
            from run in controls
            let cookie = run.Answers.SelectMany(static answer => answer.Set).LastOrDefault(cookie => cookie.Name == name)
            where cookie is not null
            group cookie.Value by run.Schedule.Places[0].Instance).ToArray();
        return values.Length > 1
            && values.All(static instance => instance.Skip(1).Any() && instance.Distinct().Count() == 1)
            && values.Select(static instance => instance.First()).Distinct().Count() == values.Length;
    }

    [GeneratedRegex(@"log-?in|sign-?in|logon|/auth|account", RegexOptions.IgnoreCase)]
    private static partial Regex SignIn();
}
