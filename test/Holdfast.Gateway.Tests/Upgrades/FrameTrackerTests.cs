using Holdfast.Gateway.Upgrades;

namespace Holdfast.Gateway.Tests.Upgrades;

public sealed class FrameTrackerTests
{
    /// <summary>Frames of every length and both kinds of head: empty, small, 16 and 64 bits, masked and not.</summary>
    private static readonly byte[][] Frames =
    [
        [0x81, 0x00],
        [0x81, 0x03, 1, 2, 3],
        [0x81, 0x83, 9, 9, 9, 9, 1, 2, 3],
        [0x82, 126, 0x01, 0x00, .. new byte[256]],
        [0x02, 126 | 0x80, 0x00, 0x02, 7, 7, 7, 7, 0x88, 0x88],
        [0x80, 127, 0, 0, 0, 0, 0, 0, 0, 4, 0x88, 0x88, 0x88, 0x88],
        [0x80, 127 | 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 5, 5, 5, 5, 0x88],
        [0x89, 0x80, 1, 2, 3, 4],
    ];

    [Fact]
    public void Frames_end_where_they_end_however_they_are_split()
    {
        byte[] all = [.. Frames.SelectMany(static frame => frame)];
        HashSet<int> ends = [.. Frames.Select(static (_, index) => Frames.Take(index + 1).Sum(static frame => frame.Length))];
        for (var split = 0; split <= all.Length; split++)
        {
            var tracker = new FrameTracker();
            Assert.Equal(split, tracker.Pass(all.AsSpan(0, split), toBoundary: false));
            Assert.Equal(split == 0 || ends.Contains(split), tracker.IsBetweenFrames);

            var next = ends.Order().FirstOrDefault(end => end >= split && split > 0);
            Assert.Equal(next - split, tracker.Pass(all.AsSpan(split), toBoundary: true) + (split == 0 ? next : 0));
            Assert.True(tracker.IsBetweenFrames);
            Assert.False(tracker.IsClosed);
        }
    }

    [Fact]
    public void A_Close_is_seen_by_its_opcode_and_not_by_what_others_carry()
    {
        var tracker = new FrameTracker();
        tracker.Pass([0x82, 0x02, 0x88, 0x02], toBoundary: false);
        Assert.False(tracker.IsClosed);
        tracker.Pass([0x88], toBoundary: false);
        Assert.True(tracker.IsClosed);
    }

    [Fact]
    public void The_gateways_own_Close_is_a_frame()
    {
        foreach (var frame in new[] { CloseFrame.ToClient("bye"), CloseFrame.ToInstance("bye") })
        {
            var tracker = new FrameTracker();
            tracker.Pass(frame, toBoundary: false);
            Assert.True(tracker.IsBetweenFrames && tracker.IsClosed);
        }
    }
}
