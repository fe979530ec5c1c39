namespace Holdfast.Embedded;

/// <summary>
/// Hears of every change, in each partition's order, once readers can see it and before its commit is acknowledged.
/// Called on the log's thread: it must not block, throw or call the engine.
/// </summary>
/// <param name="partition">The partition.</param>
/// <param name="address">The record that was created, changed, touched, removed or reaped; null: the partition's head.</param>
/// <param name="origin">What the commit's sender gave; null for the engine itself.</param>
internal delegate void ChangeObserver(int partition, Address? address, object? origin);
