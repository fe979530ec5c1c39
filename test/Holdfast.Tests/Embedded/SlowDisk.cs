using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded;

/// <summary>The machine's disk, which takes its time for whatever it is to have for good.</summary>
internal sealed class SlowDisk(TimeSpan sync) : StoreDisk
{
    public override void CreateFolder(string folder) => Machine.CreateFolder(folder);

    public override IDisposable Lock(string folder) => Machine.Lock(folder);

    public override IReadOnlyList<string> NamesIn(string folder) => Machine.NamesIn(folder);

    public override bool Exists(string path) => Machine.Exists(path);

    public override StoreFile Create(string path) => new SlowFile(Machine.Create(path), sync);

    public override StoreFile Open(string path) => new SlowFile(Machine.Open(path), sync);

    public override StoreFile OpenToRead(string path) => Machine.OpenToRead(path);

    public override void Rename(string path, string newPath) => Machine.Rename(path, newPath);

    public override void Delete(string path) => Machine.Delete(path);

    public override void SyncFolder(string folder) => Machine.SyncFolder(folder);

    private sealed class SlowFile(StoreFile file, TimeSpan sync) : StoreFile
    {
        private readonly ManualResetEventSlim never = new();

        public override long Length => file.Length;

        public override int Read(Span<byte> target, long offset) => file.Read(target, offset);

        public override void Write(ReadOnlySpan<byte> bytes, long offset) => file.Write(bytes, offset);

        public override void WriteSynced(ReadOnlySpan<byte> bytes, long offset)
        {
            file.WriteSynced(bytes, offset);
            never.Wait(sync);
        }

        public override void SetLength(long length) => file.SetLength(length);

        public override void Sync()
        {
            file.Sync();
            never.Wait(sync);
        }

        public override void Dispose()
        {
            file.Dispose();
            never.Dispose();
        }
    }
}
