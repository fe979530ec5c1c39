using System.Numerics;
using System.Runtime.CompilerServices;

namespace Holdfast.Embedded;

/// <summary>
/// A partition's records by address: slots, whose numbers stay while they are taken, and an index over them, open-addressed with linear
/// probing. Nothing in it is an object for each record. Guarded by the partition's lock.
/// </summary>
internal sealed class RecordTable(SlabAllocator memory, KindTable kinds, UseClock uses, ulong seed, long spareBytes = 0)
{
    /// <summary>What a record takes beside its block: its slot, its place in the index and in the expiry queue.</summary>
    public const int OverheadBytes = 80;

    private const int ChunkBits = 6;
    private const int ChunkSlots = 1 << ChunkBits;
    private const int MinIndex = 16;

    /// <summary>How far an entry is looked for to fetch what it leads to. Few stand further from their place.</summary>
    private const int FetchedProbes = 8;

    private Slot[][] chunks = [];
    private int slotCount;
    private int freeSlot = -1;

    // Hash in the upper half, slot plus one in the lower; 0 is empty.
    private ulong[] index = new ulong[MinIndex];
    private KindUsage[] usage = [];

    /// <summary>How many slots are taken.</summary>
    public int Count { get; private set; }

    /// <summary>All taken slots are below this.</summary>
    public int SlotCount => slotCount;

    /// <summary>What the records take, by the numbers of their kinds; may be shorter than there are kinds.</summary>
    public ReadOnlySpan<KindUsage> Usage => usage;

    public SlabAllocator Memory => memory;

    /// <summary>Blocks of records that were replaced, for those that replace others.</summary>
    public SpareBlocks Spares { get; } = new(memory, spareBytes);

    public ref Slot this[int slot] => ref chunks[slot >> ChunkBits][slot & (ChunkSlots - 1)];

    /// <summary>The slot of the address, or −1; and the hash, for <see cref="Add"/>.</summary>
    [SkipLocalsInit]
    public int Find(Address address, out uint hash)
    {
        Span<byte> bytes = stackalloc byte[Address.MaxBytes];
        return Find(address.WriteTo(bytes), out hash);
    }

    /// <inheritdoc cref="Find(Address, out uint)"/>
    public int Find(ReadOnlySpan<byte> address, out uint hash) => Find(address, hash = AddressHash.Of(address, seed));

    /// <summary>The slot of the address, whose hash is known, or −1.</summary>
    public int Find(ReadOnlySpan<byte> address, uint hash)
    {
        var entries = index;
        var mask = entries.Length - 1;
        for (var at = (int)hash & mask; ; at = (at + 1) & mask)
        {
            var entry = entries[at];
            if (entry == 0)
            {
                return -1;
            }

            if ((uint)(entry >> 32) == hash && (int)(uint)entry - 1 is var slot && AddressOf(slot).SequenceEqual(address))
            {
                return slot;
            }
        }
    }

    /// <summary>
    /// Has the processor fetch the place in the index where an address with this hash is looked for. This and the two that follow need no lock: what they
    /// see may be past, and then they fetch something else, or nothing.
    /// </summary>
    public void FetchIndex(uint hash)
    {
        var entries = Volatile.Read(ref index);
        CacheLine.Fetch(ref entries[(int)hash & (entries.Length - 1)]);
    }

    /// <summary>Has it fetch the slot of the first record with this hash; tells which, or −1.</summary>
    public int FetchSlot(uint hash)
    {
        var entries = Volatile.Read(ref index);
        for (var i = 0; i < FetchedProbes; i++)
        {
            var entry = entries[((int)hash + i) & (entries.Length - 1)];
            if ((uint)(entry >> 32) == hash && (int)(uint)entry - 1 is >= 0 and var slot)
            {
                ref readonly var place = ref SlotIfThere(slot);
                if (Unsafe.IsNullRef(in place))
                {
                    return -1;
                }

                CacheLine.Fetch(in place.Newest);
                CacheLine.Fetch(in place.IsNewestGone);
                return slot;
            }
        }

        return -1;
    }

    /// <summary>Has it fetch the block of the slot's newest version.</summary>
    public void FetchBlock(int slot)
    {
        ref readonly var place = ref SlotIfThere(slot);
        if (!Unsafe.IsNullRef(in place))
        {
            memory.Fetch(place.Newest);
        }
    }

    /// <summary>The newest version as it counts at this time: absent if it was removed or has expired.</summary>
    public RecordView Newest(int slot, long now)
    {
        if (slot < 0)
        {
            return default;
        }

        ref readonly var place = ref this[slot];
        return place.IsNewestGone || place.NewestDeadline <= now ? default : new RecordView(memory.Span(place.Newest), place.NewestDeadline);
    }

    /// <summary>The visible version as it counts at this time.</summary>
    public RecordView Visible(int slot, long now) => slot < 0 ? default : Visible(this[slot], now);

    /// <inheritdoc cref="Visible(int, long)"/>
    public RecordView Visible(in Slot place, long now)
    {
        return place.Visible == 0 || place.VisibleDeadline <= now ? default : new RecordView(memory.Span(place.Visible), place.VisibleDeadline);
    }

    /// <summary>The address of a taken slot.</summary>
    public ReadOnlySpan<byte> AddressOf(int slot) => new RecordView(memory.Span(this[slot].Newest), 0).Address;

    /// <summary>Takes a slot for an address that has none, whose newest version is in the block; readers see none yet.</summary>
    public int Add(uint hash, uint block, long deadline)
    {
        if ((Count + 1) * 4L > index.Length * 3L)
        {
            Resize(index.Length * 2);
        }

        var slot = FreeSlot();
        Insert(hash, slot);
        Count++;
        ref var place = ref this[slot];
        place = new Slot
        {
            Newest = block,
            NewestDeadline = deadline,
            QueuedDeadline = place.QueuedDeadline,
            Hash = hash,
            Kind = KindOf(block),
        };
        Account(place.Kind, new KindUsage(1, memory.BytesOf(block) + OverheadBytes));
        return slot;
    }

    /// <summary>The slot's newest version is in another block.</summary>
    public void Replace(int slot, uint block, long deadline)
    {
        ref var place = ref this[slot];
        if (place.Newest != block)
        {
            Account(place.Kind, new KindUsage(0, memory.BytesOf(block) - memory.BytesOf(place.Newest)));
            place.Newest = block;
        }

        place.NewestDeadline = deadline;
        place.IsNewestGone = false;
    }

    /// <summary>Lets the slot and its newest block go, and the spare ones: where records go, memory is to be had again.</summary>
    public void Remove(int slot)
    {
        ref var place = ref this[slot];
        Account(place.Kind, new KindUsage(-1, -memory.BytesOf(place.Newest) - OverheadBytes));
        Delete(place.Hash, slot);
        memory.Free(place.Newest);
        Spares.Clear();
        place = new Slot { QueuedDeadline = place.QueuedDeadline, Hash = (uint)freeSlot };
        freeSlot = slot;
        Count--;
        if (index.Length > MinIndex && Count * 8L < index.Length)
        {
            Resize(index.Length / 2);
        }
    }

    /// <summary>Whether the time counts for who sees the record: it expires, or when it was used is kept.</summary>
    public bool DependsOnTime(in Slot place) => place.VisibleDeadline != Slot.Never || kinds.IsEvictable(place.Kind);

    /// <summary>The record is used now; kept for kinds that may be evicted.</summary>
    public void Use(int slot, long now) => Use(ref this[slot], now);

    /// <inheritdoc cref="Use(int, long)"/>
    public void Use(ref Slot place, long now)
    {
        if (kinds.IsEvictable(place.Kind))
        {
            place.LastUse = uses.Of(now);
        }
    }

    /// <summary>Whether there are records of kinds that may be evicted.</summary>
    public bool HasEvictable()
    {
        for (ushort kind = 1; kind < usage.Length && kinds.IsEvictable(kind); kind++)
        {
            if (usage[kind].Records > 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the slot's record may be evicted now: not while a commit of it is under way.</summary>
    public bool IsEvictable(int slot) => this[slot] is { Newest: not 0, Pending: 0, IsNewestGone: false } place && kinds.IsEvictable(place.Kind);

    /// <summary>What the slot's record takes.</summary>
    public int BytesOf(int slot) => memory.BytesOf(this[slot].Newest) + OverheadBytes;

    private ref readonly Slot SlotIfThere(int slot)
    {
        var all = Volatile.Read(ref chunks);
        if (slot < 0 || slot >> ChunkBits >= all.Length || all[slot >> ChunkBits] is not { } chunk)
        {
            return ref Unsafe.NullRef<Slot>();
        }

        return ref chunk[slot & (ChunkSlots - 1)];
    }

    private ushort KindOf(uint block)
    {
        var address = new RecordView(memory.Span(block), 0).Address;
        Span<char> kind = stackalloc char[Address.MaxKindLength];
        var length = address.IndexOf((byte)'/');
        System.Text.Encoding.ASCII.GetChars(address[..length], kind);
        return kinds.NumberOf(kind[..length]);
    }

    private void Account(ushort kind, KindUsage change)
    {
        if (kind >= usage.Length)
        {
            Array.Resize(ref usage, kind + 1);
        }

        usage[kind] += change;
    }

    private int FreeSlot()
    {
        if (freeSlot >= 0)
        {
            var slot = freeSlot;
            freeSlot = (int)this[slot].Hash;
            return slot;
        }

        if (slotCount >> ChunkBits == chunks.Length)
        {
            Array.Resize(ref chunks, Math.Max(4, chunks.Length * 2));
        }

        ref var chunk = ref chunks[slotCount >> ChunkBits];
        if (chunk is null)
        {
            chunk = new Slot[ChunkSlots];
            for (var i = 0; i < ChunkSlots; i++)
            {
                chunk[i].QueuedDeadline = Slot.Never;
            }
        }

        return slotCount++;
    }

    private void Insert(uint hash, int slot)
    {
        var mask = index.Length - 1;
        var at = (int)hash & mask;
        while (index[at] != 0)
        {
            at = (at + 1) & mask;
        }

        index[at] = ((ulong)hash << 32) | (uint)(slot + 1);
    }

    /// <summary>Takes the entry out and moves those behind it up that would not be found any more.</summary>
    private void Delete(uint hash, int slot)
    {
        var mask = index.Length - 1;
        var gap = (int)hash & mask;
        while ((uint)index[gap] != (uint)(slot + 1))
        {
            gap = (gap + 1) & mask;
        }

        for (var at = (gap + 1) & mask; index[at] != 0; at = (at + 1) & mask)
        {
            var home = (int)(index[at] >> 32) & mask;
            if (((at - home) & mask) >= ((at - gap) & mask))
            {
                index[gap] = index[at];
                gap = at;
            }
        }

        index[gap] = 0;
    }

    private void Resize(int length)
    {
        var old = index;
        index = new ulong[Math.Max(MinIndex, (int)BitOperations.RoundUpToPowerOf2((uint)length))];
        foreach (var entry in old)
        {
            if (entry != 0)
            {
                Insert((uint)(entry >> 32), (int)(uint)entry - 1);
            }
        }
    }
}
