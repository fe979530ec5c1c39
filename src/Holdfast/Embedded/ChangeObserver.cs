namespace Holdfast.Embedded;

/// <summary>
/// Hears of every change, in each partition's order, at the moment at which readers can see it and before its commit
/// is acknowledged. Called on the log's thread under the partition's lock: it must not block, throw or call the engine.
/// </summary>
/// <param name="partition">The partition.</param>
/// <param name="address">The record that was created, changed, touched, removed or reaped; null: the partition's head.</param>
/// <param name="origin">What the commit's sender gave; null for the engine itself.</param>
internal delegate void ChangeObserver(int partition, Address? address, object? origin);
