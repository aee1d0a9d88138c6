//! What is done to the servers, to the ways to them, and to the nodes.

use std::time::Duration;

use cacheflow_testkit::{Direction, FaultProxy};

use super::children::Node;
use super::judge::Judge;
use super::round::pass;
use super::servers::{Redis, Servers, Setting};
use crate::random::Random;

/// A kind of fault. Which node, how long and how hard is drawn when it is inflicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    CutAll,
    CutNode,
    CutBus,
    HoleAll,
    HoleNode,
    HoleStore,
    HoleBus,
    Delay,
    DelayBus,
    DropPushes,
    LoseReply,
    Restart,
    RestartOlder,
    RestartEmpty,
    Pause,
    FlushAll,
    FlushScripts,
    LoseJournal,
    LosePartOfJournal,
    TrimUnheard,
    KillClients,
    StopNode,
    FailOver,
    FailOverPlanned,
}

use Fault::{
    CutAll, CutBus, CutNode, Delay, DelayBus, DropPushes, FailOver, FailOverPlanned, FlushAll,
    FlushScripts, HoleAll, HoleBus, HoleNode, HoleStore, KillClients, LoseJournal,
    LosePartOfJournal, LoseReply, Pause, Restart, RestartEmpty, RestartOlder, StopNode,
    TrimUnheard,
};

const OF_SINGLE: [Fault; 22] = [
    CutAll,
    CutNode,
    CutBus,
    HoleAll,
    HoleNode,
    HoleStore,
    HoleBus,
    Delay,
    DelayBus,
    DropPushes,
    LoseReply,
    Restart,
    RestartOlder,
    RestartEmpty,
    Pause,
    FlushAll,
    FlushScripts,
    LoseJournal,
    LosePartOfJournal,
    TrimUnheard,
    KillClients,
    StopNode,
];
const OF_PAIR: [Fault; 14] = [
    FailOver,
    FailOver,
    FailOver,
    FailOverPlanned,
    FailOverPlanned,
    CutNode,
    CutBus,
    HoleBus,
    HoleStore,
    Pause,
    FlushAll,
    DropPushes,
    LoseJournal,
    StopNode,
];

impl Fault {
    pub(crate) fn name(self) -> &'static str {
        match self {
            CutAll => "cut: everybody",
            CutNode => "cut: one node",
            CutBus => "cut: one node's bus",
            HoleAll => "black hole: everybody",
            HoleNode => "black hole: one node",
            HoleStore => "black hole: one node's store",
            HoleBus => "black hole: one node's bus",
            Delay => "delay: everybody",
            DelayBus => "delay: one node's bus",
            DropPushes => "drop: messages of the bus",
            LoseReply => "cut: before a reply",
            Restart => "kill and restart, all kept",
            RestartOlder => "kill and restart, the last lost",
            RestartEmpty => "kill and restart, all lost",
            Pause => "SIGSTOP of Redis",
            FlushAll => "FLUSHALL",
            FlushScripts => "SCRIPT FLUSH",
            LoseJournal => "the journal deleted",
            LosePartOfJournal => "a key of the journal deleted",
            TrimUnheard => "XTRIM of what a node has not heard",
            KillClients => "CLIENT KILL",
            StopNode => "SIGSTOP of a node",
            FailOver => "failover, the last lost",
            FailOverPlanned => "failover, planned",
        }
    }
}

/// Faults in random order, each as often as the others.
pub(crate) struct Deck {
    all: &'static [Fault],
    left: Vec<Fault>,
    random: Random,
}

impl Deck {
    pub(crate) fn new(setting: Setting, random: Random) -> Self {
        let all: &'static [Fault] = match setting {
            Setting::Single => &OF_SINGLE,
            Setting::Pair => &OF_PAIR,
        };
        Self {
            all,
            left: Vec::new(),
            random,
        }
    }

    pub(crate) fn draw(&mut self) -> Fault {
        loop {
            if let Some(fault) = self.left.pop() {
                return fault;
            }
            self.left = self.all.to_vec();
            self.random.shuffle(&mut self.left);
        }
    }
}

/// What faults are inflicted on.
pub(crate) struct Scene {
    pub(crate) servers: Servers,
    pub(crate) children: Vec<Node>,
    pub(crate) judge: Judge,
    pub(crate) random: Random,
    /// Whether there are only seconds.
    pub(crate) is_short: bool,
}

impl Scene {
    /// Begins a fault and ends it.
    pub(crate) async fn inflict(&mut self, fault: Fault) {
        let node = self.random.index(self.children.len());
        let time = self.time(300, 5000);
        match fault {
            CutAll | CutNode | CutBus => {
                self.on_ways(fault, node, FaultProxy::cut);
                self.wait(time).await;
                self.on_ways(fault, node, FaultProxy::pass);
            }
            HoleAll | HoleNode | HoleStore | HoleBus => {
                self.on_ways(fault, node, FaultProxy::black_hole);
                self.wait(time).await;
                // What was held may arrive after all, or never.
                let end = match self.random.percent(50) {
                    true => FaultProxy::pass,
                    false => FaultProxy::forget_connections,
                };
                self.on_ways(fault, node, end);
            }
            Delay | DelayBus => {
                let by = self.random.millis(2, 80);
                self.on_ways(fault, node, |way| way.delay(by));
                self.wait(time).await;
                self.on_ways(fault, node, FaultProxy::pass);
            }
            DropPushes => {
                let bus = &self.servers.ways[node].bus;
                for _ in 0..=self.random.below(3) {
                    bus.drop_nth(Direction::ToClient, 1 + self.random.index(5));
                }
                self.wait(Duration::from_millis(500)).await;
                self.servers.ways[node].bus.pass();
            }
            LoseReply => {
                let replies = self.random.index(30);
                let store = &self.servers.ways[node].store;
                store.cut_after(Direction::ToClient, replies);
                self.wait(Duration::from_millis(500)).await;
                self.servers.ways[node].store.pass();
            }
            StopNode => {
                self.children[node].suspend();
                self.wait(time).await;
                self.children[node].resume();
            }
            TrimUnheard => self.trim_unheard(node, time).await,
            FailOver | FailOverPlanned => self.fail_over(fault).await,
            _ => self.on_server(fault).await,
        }
    }

    async fn on_server(&mut self, fault: Fault) {
        let servers = &self.servers;
        match fault {
            Restart | RestartEmpty => {
                servers.server().kill();
                let time = self.time(0, 4000);
                self.wait(time).await;
                self.servers.restart(fault == RestartEmpty).await;
            }
            RestartOlder => {
                servers
                    .command(&["CONFIG", "SET", "appendonly", "no"])
                    .await;
                let time = self.time(200, 2000);
                self.wait(time).await;
                self.servers.restart(false).await;
            }
            Pause => {
                servers.server().pause();
                let time = self.time(100, 5000);
                self.wait(time).await;
                self.servers.server().resume();
            }
            FlushAll => servers.command(&["FLUSHALL"]).await,
            FlushScripts => servers.command(&["SCRIPT", "FLUSH"]).await,
            LoseJournal => {
                let names = JOURNAL.map(Servers::name);
                let mut words = vec!["DEL"];
                words.extend(names.iter().map(String::as_str));
                servers.command(&words).await;
            }
            LosePartOfJournal => {
                let name = Servers::name(self.random.one_of(&JOURNAL));
                self.judge.remark(&format!("deleted: {name}"));
                servers.command(&["DEL", &name]).await;
            }
            KillClients => {
                let kind = self.random.one_of(&["normal", "pubsub"]);
                servers.command(&["CLIENT", "KILL", "TYPE", kind]).await;
            }
            _ => {}
        }
    }

    /// The records that a node would need to catch up are gone when it is back.
    async fn trim_unheard(&mut self, node: usize, time: Duration) {
        self.on_ways(CutNode, node, FaultProxy::cut);
        self.wait(time).await;
        let left = self.random.below(4).to_string();
        let name = Servers::name("journal:records");
        self.servers
            .command(&["XTRIM", &name, "MAXLEN", &left])
            .await;
        self.on_ways(CutNode, node, FaultProxy::pass);
    }

    async fn fail_over(&mut self, fault: Fault) {
        let lag = self.time(100, 1500);
        let down = self.time(0, 3000);
        let Redis::Pair { pair, switch } = &self.servers.redis else {
            return;
        };
        if fault == FailOverPlanned {
            pair.fail_over_planned().await;
            switch.lead_to(pair.primary().addr());
            return;
        }
        pair.stop_replicating().await;
        pass(&self.judge, lag).await;
        pair.primary().kill();
        self.judge.remark("the primary is dead");
        pass(&self.judge, down).await;
        pair.promote().await;
        switch.lead_to(pair.primary().addr());
        self.judge.remark("the replica leads");
        pair.rejoin().await;
    }

    /// The ways that a fault is about.
    fn on_ways(&self, fault: Fault, node: usize, inflict: impl Fn(&FaultProxy)) {
        let ways = &self.servers.ways[node];
        match fault {
            CutAll | HoleAll | Delay => self.servers.all_ways().for_each(inflict),
            CutBus | HoleBus | DelayBus => inflict(&ways.bus),
            HoleStore => inflict(&ways.store),
            _ => ways.both().into_iter().for_each(inflict),
        }
    }

    /// In this range of milliseconds; a tenth of it if there are only seconds.
    fn time(&mut self, from: u64, to: u64) -> Duration {
        let time = self.random.millis(from, to);
        if self.is_short { time / 10 } else { time }
    }

    async fn wait(&self, time: Duration) {
        pass(&self.judge, time).await;
    }
}

/// The journal's keys.
const JOURNAL: [&str; 5] = [
    "journal",
    "journal:records",
    "journal:open",
    "journal:held",
    "journal:nodes",
];
