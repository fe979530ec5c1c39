namespace Holdfast.Embedded;

/// <summary>Looks at a record where it lies, or at its absence, under the partition's lock: it must not block or call the engine.</summary>
internal delegate void RecordLook<in T>(in RecordView record, T state);
