// SPDX-License-Identifier: ISC
// What the reactor asks for: launches, taken off its channel one by one.
#include <sys/socket.h>
#include <sys/stat.h>

#include <string>
#include <utility>

#include "core/base/clock.h"
#include "spawn/launcher.h"
#include "spawn/zygote_choice.h"

namespace uvinetd {
namespace {

constexpr std::chrono::seconds kDescriptorPatience{1};  // then launches fail

// The one that a child is to inherit, for a while.
class OtherUmask {
 public:
  explicit OtherUmask(std::uint32_t mask) : is_other_(mask != kUsualUmask) {
    if (is_other_) umask(static_cast<mode_t>(mask));
  }
  ~OtherUmask() {
    if (is_other_) umask(kUsualUmask);
  }
  OtherUmask(const OtherUmask&) = delete;
  OtherUmask& operator=(const OtherUmask&) = delete;

 private:
  bool is_other_;
};

// Whether the reactor waits to hear of this service's servers: its gate depends on them, or it has
// their connections too, as one that keeps copies has all.
bool is_prompt(const TableService& service) {
  return !Channel::keeps_peeked() || service.is_wait || service.is_datagram() ||
         service.instances != 0 || service.instances_per_source != 0 ||
         service.more->limits.needs_connection();
}

int socket_type_of(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 ? type : -1;
}

// The two ends of a connection as its server is to see them.
struct Ends {
  SocketAddress local;
  std::optional<SocketAddress> peer;
};

// What the reactor says of them is what a proxy says: an address of the internet, or nothing.
Ends ends_of(const Launch& launch, const TableService& service, int fd) {
  Ends out{SocketAddress::local_of(fd).value_or(SocketAddress()), std::nullopt};
  if (service.is_wait || service.is_datagram()) return out;
  out.peer = SocketAddress::peer_of(fd);
  const auto peer = SocketAddress::ip_from_bytes(launch.peer);
  const auto local = SocketAddress::ip_from_bytes(launch.local);
  return peer && local ? Ends{*local, peer} : out;
}

Report report_of(const Launch& launch, ReportKind kind) {
  Report report;
  report.kind = kind;
  report.id = launch.id;
  report.service = launch.service;
  report.listener = launch.listener;
  return report;
}

Report failure_of(const Launch& launch, const Error& error) {
  auto report = report_of(launch, ReportKind::Failed);
  report.code = error.code;
  report.step = error.op;
  return report;
}

}  // namespace

void Launcher::read_reactor(int most) {
  is_short_of_descriptors_ = false;
  for (int i = 0; i < most && reactor_.is_open(); ++i) {
    auto received = reactor_.peek();
    switch (received.event) {
      case Channel::Event::Message:
        short_since_.reset();
        on_launch(received.message, false);
        break;
      case Channel::Event::TooFewDescriptors:
        if (waits_for_descriptors()) return;
        on_launch(received.message, true);
        break;
      case Channel::Event::Nothing:
        short_since_.reset();
        return;
      case Channel::Event::Closed:
      case Channel::Event::Malformed:
        reactor_.end();
        return;
    }
  }
}

// Without a descriptor for its connection a launch can stand in the channel, for a while.
bool Launcher::waits_for_descriptors() {
  const auto now = monotonic_now();
  if (!short_since_) short_since_ = now;
  is_short_of_descriptors_ = Channel::keeps_peeked() && now - *short_since_ < kDescriptorPatience;
  return is_short_of_descriptors_;
}

void Launcher::on_launch(Message& message, bool lacks_descriptors) {
  const auto launch = message.type == static_cast<std::uint16_t>(MessageType::Launch)
                          ? parse_as<Launch>(message.body)
                          : std::nullopt;
  if (!launch) {
    reactor_.end();  // it speaks nonsense: the monitor will notice and replace it
    return;
  }
  const auto status =
      lacks_descriptors ? Status(fail("recvmsg", {}, EMFILE)) : start(*launch, message);
  if (!status) {
    tell_failure(failure_of(*launch, status.error()), message.fds);
  }
  reactor_.drop();
  if (ledger_) ledger_->count_taken();
}

// The connection goes back with the report, before the queue lets go of it: the reactor may want to
// try again.
void Launcher::tell_failure(Report report, const std::vector<UniqueFd>& fds) {
  flush_reports();
  std::vector<int> borrowed;
  if (Channel::keeps_peeked()) {
    for (const auto& fd : fds) borrowed.push_back(fd.get());
  }
  Reports packet;
  packet.list.push_back(report);
  const auto sent =
      reactor_.send(static_cast<std::uint16_t>(MessageType::Reports), print(packet), borrowed);
  if (!sent) reports_.push(std::move(report), true, monotonic_now());
}

Status Launcher::start(const Launch& launch, Message& message) {
  if (message.fds.empty() || !ledger_) return fail("launch", {}, EBADF);
  auto* plan = plan_for(launch.service);
  if (plan == nullptr) return fail("service", {}, ENOENT);
  const auto& service = plan->service();
  const OtherUmask inherited(service.umask);
  if (service.listen_fds) return start_with_sockets(*plan, launch, message.fds);
  if (message.fds.size() != 1) return fail("launch", {}, EBADF);
  auto& fd = message.fds[0];
  if (socket_type_of(fd.get()) != service.socket_type) return fail("socket", {}, EPROTOTYPE);
  const bool has_peer = !service.is_wait && !service.is_datagram();
  const auto [local, peer] = ends_of(launch, service, fd.get());
  connection_.set(service.socket_type, local, peer);
  const auto slot = ledger_->begin(launch.id, launch.service, launch.listener,
                                   monotonic_now().count(), peer ? &*peer : nullptr);
  if (!slot) return fail("ledger", {}, EAGAIN);
  if (has_peer && may_be_warm(*plan) && start_warm(*plan, launch, *slot, fd)) return {};
  return start_cold(*plan, launch, *slot, fd.get());
}

// `connection_` describes the connection.
Status Launcher::start_cold(LaunchPlan& plan, const Launch& launch, std::uint32_t slot, int fd) {
  SpawnRequest request;
  request.environment = plan.environment(connection_);
  request.connection = fd;
  return spawn(plan, launch, slot, request);
}

Status Launcher::spawn(LaunchPlan& plan, const Launch& launch, std::uint32_t slot,
                       SpawnRequest& request) {
  const auto errors = errors_.of(plan.service().process->stdio);
  if (!errors) {
    ledger_->free(slot);
    return tl::unexpected(errors.error());
  }
  request.errors = *errors;
  request.program = plan.program();
  request.argv = plan.argv();
  request.working_directory = plan.working_directory();
  request.pid = &ledger_->pid_of(slot);
  if (const auto* const box = plan.box(); box != nullptr) {
    request.steps.box = box;
    request.steps.group = group_.get();
  }
  const auto pid = spawner_->spawn(request);
  if (!pid) {
    ledger_->free(slot);
    return tl::unexpected(pid.error());
  }
  began(launch, slot, *pid, ending_of(plan.service()), is_prompt(plan.service()));
  return {};
}

// Children of a zygote come from a process that is there already: what a new process would do to
// itself before the exec, it cannot do to them.
const char* Launcher::why_cold(LaunchPlan& plan) const {
  if (!who_.box->root.empty()) return kColdByRoot;
  return plan.box() != nullptr ? kColdBySteps : nullptr;
}

bool Launcher::may_be_warm(LaunchPlan& plan) {
  if (!plan.service().warm->is_wanted) return false;
  const auto* const reason = why_cold(plan);
  if (reason == nullptr) return true;
  if (plan.is_first_look()) tell_cold(plan.service().key, reason);
  return false;
}

void Launcher::tell_cold(std::uint32_t service, std::string reason) {
  Report report;
  report.kind = ReportKind::Cold;
  report.service = service;
  report.step = std::move(reason);
  reports_.push(std::move(report), false, monotonic_now());
}

bool Launcher::start_warm(LaunchPlan& plan, const Launch& launch, std::uint32_t slot,
                          UniqueFd& fd) {
  // Of the socket itself, whoever its client is: a parked program has one like it.
  const int family = SocketAddress::local_of(fd.get()).value_or(SocketAddress()).family();
  const bool prompt = is_prompt(plan.service());
  ledger_->hand_over(slot);  // before anybody can have it
  WarmLaunch warm{launch, slot, std::move(fd), prompt};
  const auto errors = errors_.of(plan.service().process->stdio);
  const auto answer =
      errors ? zygotes_->serve(plan, warm, connection_, family, *errors, monotonic_now())
             : Zygotes::Answer{};
  switch (answer.kind) {
    case Zygotes::Answer::Kind::Asked:
      return true;
    case Zygotes::Answer::Kind::Serving:
      began(launch, slot, answer.pid, Ends::ByItself, prompt);
      return true;
    case Zygotes::Answer::Kind::Exec:
      break;
  }
  fd = std::move(warm.connection);
  ledger_->take_back(slot);
  return false;
}

// A zygote has ended, or could not make a child: the client has waited long enough. Without a
// connection, somebody has taken it who has never said who he is.
void Launcher::on_unborn(WarmLaunch warm) {
  ledger_->take_back(warm.slot);
  Status status = fail("zygote", {}, EBADF);
  auto* plan = plan_for(warm.launch.service);
  if (plan != nullptr && warm.connection.is_open()) {
    const int fd = warm.connection.get();
    const auto& service = plan->service();
    const auto [local, peer] = ends_of(warm.launch, service, fd);
    connection_.set(service.socket_type, local, peer);
    const OtherUmask inherited(service.umask);
    status = start_cold(*plan, warm.launch, warm.slot, fd);
  } else {
    ledger_->free(warm.slot);
  }
  if (status) return;
  std::vector<UniqueFd> fds;
  if (warm.connection.is_open()) fds.push_back(std::move(warm.connection));
  tell_failure(failure_of(warm.launch, status.error()), fds);
}

Launcher::Ends Launcher::ending_of(const TableService& service) {
  if (!service.process->stdio.channel.empty()) return Ends::Last;
  return service.is_wait ? Ends::WithDaemon : Ends::ByItself;
}

void Launcher::began(const Launch& launch, std::uint32_t slot, pid_t pid, Ends ends,
                     bool is_prompt) {
  ledger_->started(slot, pid);
  auto report = report_of(launch, ReportKind::Started);
  report.pid = pid;
  if (is_prompt) ++prompt_children_;
  children_.insert_or_assign(pid, Child{pid, slot, report, ends, is_prompt, false});
  reports_.push(std::move(report), is_prompt, monotonic_now());
}

LaunchPlan* Launcher::plan_for(std::uint32_t service) {
  if (const auto known = plans_.find(service); known != plans_.end()) return known->second.get();
  auto entry = table_.is_open() ? table_.service(service) : std::nullopt;
  if (!entry && older_table_.is_open()) entry = older_table_.service(service);
  const bool has_program = entry && (!entry->is_internal() || *entry->internal == kHealth);
  if (!has_program || entry->identity != identity_ || entry->argv.empty()) {
    return nullptr;
  }
  auto plan = std::make_unique<LaunchPlan>(std::move(*entry), who_);
  return plans_.emplace(service, std::move(plan)).first->second.get();
}

}  // namespace uvinetd
