using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded;

/// <summary>The machine's disk, with a say in what is done before the log is synchronised in the background.</summary>
internal sealed class HeldDisk(Action beforeBackgroundSync) : StoreDisk
{
    public override void CreateFolder(string folder) => Machine.CreateFolder(folder);

    public override IDisposable Lock(string folder) => Machine.Lock(folder);

    public override IReadOnlyList<string> NamesIn(string folder) => Machine.NamesIn(folder);

    public override bool Exists(string path) => Machine.Exists(path);

    public override StoreFile Create(string path) => Machine.Create(path);

    public override StoreFile Open(string path) => Machine.Open(path);

    public override StoreFile OpenToRead(string path) => new HeldFile(Machine.OpenToRead(path), beforeBackgroundSync);

    public override void Rename(string path, string newPath) => Machine.Rename(path, newPath);

    public override void Delete(string path) => Machine.Delete(path);

    public override void SyncFolder(string folder) => Machine.SyncFolder(folder);

    private sealed class HeldFile(StoreFile file, Action beforeSync) : StoreFile
    {
        public override long Length => file.Length;

        public override int Read(Span<byte> target, long offset) => file.Read(target, offset);

        public override void Write(ReadOnlySpan<byte> bytes, long offset) => file.Write(bytes, offset);

        public override void WriteSynced(ReadOnlySpan<byte> bytes, long offset) => file.WriteSynced(bytes, offset);

        public override void SetLength(long length) => file.SetLength(length);

        public override void Sync()
        {
            beforeSync();
            file.Sync();
        }

        public override void Dispose() => file.Dispose();
    }
}
