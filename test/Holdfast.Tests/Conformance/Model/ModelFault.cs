namespace Holdfast.Tests.Conformance;

/// <summary>What the model engine can be told to do wrong.</summary>
internal enum ModelFault
{
    None,

    // Records
    AbsenceHasNoMoment, AddressesAreCut, BirthFollowsRevision, BytesAreText, CommitsAreCut, CreationIgnoresOperations, FieldsIgnoreCase, IdsAreIgnored,
    OneRevisionForAllPartitions, ReadsGoBack, ReadsOfManyAreSorted, RemovedRecordsRevive,

    // Commits and field operations
    AddsAreLost, CountersAreRounded, CountersHaveNoRange, EmptyRecordsVanish, EveryOtherCommitIsLost, KeepingTakesARevision,
    LargeCommitsAreRefused, LimitsAreIgnored, LimitsLeaveTraces, MaxSets, MaxStartsAtZero, OperationsRunBackwards, RefusalsLeaveTraces,
    RemovalTakesNoRevision, RemoveLeavesTheFieldEmpty, RemovingNothingTakesARevision, ResultsAreReversed, RevisionPerRecord, RevisionsRepeat,
    SetClearsTheRecord, TextCountsAsZero, WritesToMemoryAreLost,

    // Conditions
    AbsentIsIgnored, BornAtIsIgnored, ExistsIsIgnored, FieldAbsentIsIgnored, FieldIsIsIgnored, RevisionIsIsIgnored, ConditionsOfKeptAreIgnored,
    ConditionsSeeTheCommit, OnlyTheFirstConditionCounts, RefusalsTellTheLastCondition, RefusalsInventARecord,

    // Request ids
    ConditionsComeBeforeReplays, FingerprintsAreIgnored, IdAndStepAreJoined, IdsAreNeverForgotten, IdsSpanPartitions, RefusedIdsAreRemembered,
    ReplaysTellOldRecords, RequestIdsAreIgnored, StepsAreIgnored,

    // Journals
    EmptyPagesHaveNoMoment, EventsAreReversed, EventsTakeNoRevision, IndexesAreIgnored, JournalsAreNeverTrimmed, OneJournalForAllPartitions, PageSizesAreIgnored,

    // Watches and signals
    DisposalLeavesWaits, OneWatchPerRecord, WatchesEndOnce, WatchesMissEvents, WatchesMissExpiries, WatchesMissOwnCommits, WatchesMissRemovals,
    WatchesMissTouches, EndedListenersSilenceOthers, EveryOtherSignalIsLost, OddChannelsAreDeaf, SignalsAreRemembered, SignalsReachEveryChannel,

    // Expiry
    CommitsTellNoExpiry, ExpiredRecordsCount, NeverExpireIsIgnored, NothingExpires, TimesToLiveAreCapped, TimesToLiveGrow, TouchesAreIgnored,
    TouchesCreate, UpdatesClearTheExpiry,

    // Terms, freshness, scans, restarts and the engine itself
    HeadsLag, HeadsRunAhead, HeadsTellAnotherTerm, JournalsTellAnotherTerm, RestartsForget, RestartsKeepTheTerm, RestartsRevive, CachesAreForever,
    ScansStopEarly, ScansTellEveryKind, ScansTellPrefixes, ScansTellTheExpired, CancellationIsIgnored, DisposedEnginesAnswer, EnginesDieWithTheStore,
    NameIsEmpty, NearCacheIsClaimed, PartitionCountIsIgnored, SharingIsDenied,
}
