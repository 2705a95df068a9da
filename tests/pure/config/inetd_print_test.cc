// SPDX-License-Identifier: ISC
// Services to an inetd.conf and back.
#include "core/config/inetd/inetd_print.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/config/inetd/print_words.h"
#include "tests/pure/config/conf.h"

namespace uvinetd::testing {
namespace {

InetdText print(const std::vector<ServiceSpec>& services, Dialect dialect = Dialect::Debian,
                PlacedComments comments = {}) {
  return print_inetd_conf(services, {dialect, std::move(comments)}, FixedNames());
}

// What is printed of a text that is read.
std::string again(const std::string& text, Dialect dialect = Dialect::Debian) {
  return print(parse(text, dialect).services, dialect).text;
}

// A built-in has no use for its user, and where other inetds want one, root is written.
std::vector<ServiceSpec> without_users_of_builtins(std::vector<ServiceSpec> services) {
  for (auto& spec : services) {
    if (!spec.internal.empty()) spec.user.clear();
  }
  return services;
}

ServiceSpec finger() {
  return parse("finger stream tcp nowait nobody /usr/sbin/in.fingerd in.fingerd -w\n").services[0];
}

TEST(InetdPrint, WritesTheFieldsOfALine) {
  struct Row {
    const char* written;
    const char* printed;
  };
  const Row rows[] = {
      {"finger stream tcp nowait nobody /bin/x x -w",
       "finger\tstream\ttcp\tnowait\tnobody\t/bin/x x -w\n"},
      {"79 stream tcp4 nowait nobody:sys /bin/x",
       "79\tstream\ttcp4\tnowait\tnobody:sys\t/bin/x x\n"},
      {"echo stream tcp nowait root internal", "echo\tstream\ttcp\tnowait\troot\tinternal\n"},
      {"sink stream tcp nowait root internal", "sink\tstream\ttcp\tnowait\troot\tinternal\n"},
      {"7007 stream tcp nowait root internal echo",
       "7007\tstream\ttcp\tnowait\troot\tinternal echo\n"},
      {"9099 stream tcp4 nowait root internal metrics",
       "9099\tstream\ttcp4\tnowait\troot\tinternal metrics\n"},
      {"127.0.0.1,[::1]:ftp stream tcp nowait root /bin/x",
       "127.0.0.1,[::1]:ftp\tstream\ttcp\tnowait\troot\t/bin/x x\n"},
      {"localhost:ftp stream tcp nowait root /bin/x",
       "localhost:ftp\tstream\ttcp\tnowait\troot\t/bin/x x\n"},
      {"0.0.0.0:ftp stream tcp nowait root /bin/x",
       "0.0.0.0:ftp\tstream\ttcp\tnowait\troot\t/bin/x x\n"},
      {"*,127.0.0.1:ftp stream tcp nowait root /bin/x",
       "*,127.0.0.1:ftp\tstream\ttcp\tnowait\troot\t/bin/x x\n"},
      {"ftp stream:httpready tcp,sndbuf=64k nowait/20/60/3 root /bin/x",
       "ftp\tstream:httpready\ttcp,sndbuf=65536\tnowait/20/60/3\troot\t/bin/x x\n"},
      {"ftp stream,5 tcp nowait.7 root /bin/x", "ftp\tstream,5\ttcp\tnowait.7\troot\t/bin/x x\n"},
      {"tftp dgram udp wait.7 root /bin/x", "tftp\tdgram\tudp\twait.7\troot\t/bin/x x\n"},
      {":root:sys:0660:/run/x seqpacket unix nowait root /bin/x",
       ":root:sys:0660:/run/x\tseqpacket\tunix\tnowait\troot\t/bin/x x\n"},
      {"@x dgram unix wait root /bin/x", "@x\tdgram\tunix\twait\troot\t/bin/x x\n"},
      {"tcpmux/+who stream tcp nowait root /bin/x",
       "tcpmux/+who\tstream\ttcp\tnowait\troot\t/bin/x x\n"},
      {"tcpmux/echo stream tcp nowait root internal echo",
       "tcpmux/echo\tstream\ttcp\tnowait\troot\tinternal echo\n"},
      {"ftp stream tcp nowait root /bin/x \"a b\" '' '\"'",
       "ftp\tstream\ttcp\tnowait\troot\t/bin/x \"a b\" \"\" '\"'\n"},
  };
  for (const auto& row : rows) EXPECT_EQ(again(row.written), row.printed) << row.written;
}

TEST(InetdPrint, WritesProgramsOfRpc) {
  const auto services = parse(
                            "rusersd/2-3 dgram rpc/udp wait root /bin/x\n"
                            "127.0.0.1:100002/1 stream rpc/tcp4 nowait root /bin/x\n")
                            .services;
  if (services.empty()) GTEST_SKIP() << "built without RPC";
  const auto printed = print(services);
  EXPECT_EQ(printed.text,
            "rusersd/2-3\tdgram\trpc/udp\twait\troot\t/bin/x x\n"
            "127.0.0.1:100002/1\tstream\trpc/tcp4\tnowait\troot\t/bin/x x\n");
  EXPECT_TRUE(printed.lost.empty());
}

TEST(InetdPrint, WritesKeysWhereALineCannotSayIt) {
  EXPECT_EQ(
      again("ftp on protocol = tcp, wait = no, user = root, ip_max = 9, exec = /bin/x;"),
      "ftp\ton protocol = tcp, wait = no, user = root, ip_max = 9, exec = /bin/x, args = x;\n");
  EXPECT_EQ(again("tftp on protocol = udp, wait = yes, user = root, accept_max = 3, exec = /bin/x,"
                  "args = x \"a\\n\\\"b\" \"\";"),
            "tftp\ton protocol = udp, wait = yes, user = root, accept_max = 3, exec = /bin/x, "
            "args = x \"a\\x0a\\\"b\" \"\";\n");
}

TEST(InetdPrint, GivesABuiltInTheUserThatOtherInetdsWant) {
  const std::string text = "echo on protocol = tcp4;";
  EXPECT_EQ(again(text), "echo\tstream\ttcp4\tnowait\troot\tinternal\n");
  EXPECT_EQ(again(text, Dialect::NetBsd), "echo\ton protocol = tcp4, wait = no;\n");
  EXPECT_TRUE(print(parse(text).services).lost.empty());
}

TEST(InetdPrint, WritesTheModeOfABuiltInAsItIs) {
  EXPECT_EQ(again("echo dgram udp wait root internal", Dialect::NetBsd),
            "echo\tdgram\tudp\twait\troot\tinternal\n");
  // Only `nowait` takes them, and it has no effect on a built-in.
  EXPECT_EQ(again("echo dgram udp nowait/5/6/7 root internal"),
            "echo\tdgram\tudp\tnowait/5/6/7\troot\tinternal\n");
}

TEST(InetdPrint, KeepsTheHalfThatIsLeftToAnotherLine) {
  const std::string text =
      "ftp stream tcp nowait root /bin/x\n"
      "localhost:telnet stream tcp nowait root /bin/x\n"
      "ftp stream tcp6 nowait root /bin/y\n"
      "localhost:telnet stream tcp6 nowait root /bin/y\n";
  const auto services = parse(text).services;
  ASSERT_EQ(services[0].listen.size(), 1U);
  ASSERT_EQ(services[1].listen.size(), 1U);
  const auto printed = print(services);
  EXPECT_EQ(parse(printed.text).services, services) << printed.text;
  EXPECT_TRUE(printed.lost.empty());
}

TEST(InetdPrint, NamesWhatTheLanguageCannotSay) {
  auto spec = finger();
  spec.backlog = 5;
  spec.more.edit().nice = 10;
  spec.more.edit().env = {"TOKEN=hunter2"};
  const auto out = print({spec});
  ASSERT_EQ(out.lost.size(), 1U);
  EXPECT_EQ(out.lost[0].keys, (std::vector<std::string>{"backlog", "env", "nice"}));
  EXPECT_FALSE(out.lost[0].is_left_out);
  EXPECT_EQ(out.lost[0].severity(), Severity::Warning);
  EXPECT_EQ(out.text,
            "# warning: finger/tcp: not said in inetd.conf: backlog, env, nice [lost]\n"
            "finger\tstream\ttcp\tnowait\tnobody\t/usr/sbin/in.fingerd in.fingerd -w\n");
}

TEST(InetdPrint, LeavesOutWhatWouldBeOpenToMore) {
  void (*const restrictions[])(ServiceOptions&) = {
      [](ServiceOptions& more) { more.allow = {"10.0.0.0/8"}; },
      [](ServiceOptions& more) { more.deny = {"10.0.0.0/8"}; },
      [](ServiceOptions& more) { more.access_times = {"8:00-17:00"}; },
      [](ServiceOptions& more) { more.libwrap = "x"; },
      [](ServiceOptions& more) { more.is_sensor = true; },
      [](ServiceOptions& more) { more.no_new_privs = true; },
      [](ServiceOptions& more) { more.chroot = "/srv"; },
      [](ServiceOptions& more) { more.private_network = true; },
      [](ServiceOptions& more) { more.inaccessible_paths = {"/home"}; },
      [](ServiceOptions& more) { more.landlock_read = {"/srv"}; },
      [](ServiceOptions& more) { more.system_calls.emplace(); },
      [](ServiceOptions& more) { more.system_calls_denied = {"ptrace"}; },
      [](ServiceOptions& more) { more.pids_max = 5; },
      [](ServiceOptions& more) {
        more.groups_from = GroupsFrom::List;
        more.groups = {"adm"};
      },
      [](ServiceOptions& more) { more.capability_bounding.emplace(); },
      [](ServiceOptions& more) { more.bind_to_device = "lo"; },
  };
  for (const auto restrict : restrictions) {
    auto spec = finger();
    restrict(spec.more.edit());
    const auto out = print({spec});
    ASSERT_EQ(out.lost.size(), 1U);
    EXPECT_TRUE(out.lost[0].is_left_out) << out.text;
    EXPECT_EQ(out.lost[0].severity(), Severity::Error);
    EXPECT_TRUE(parse(out.text).services.empty()) << out.text;
    EXPECT_NE(out.text.find("\n# finger\tstream"), std::string::npos) << out.text;
  }
}

TEST(InetdPrint, TellsOfTheGroupsThatXinetdDoesNotGive) {
  auto spec = finger();
  spec.more.edit().groups_from = GroupsFrom::None;
  const auto out = print({spec});
  ASSERT_EQ(out.lost.size(), 1U);
  EXPECT_EQ(out.lost[0].keys, std::vector<std::string>{"groups"});
  EXPECT_FALSE(out.lost[0].is_left_out);
}

TEST(InetdPrint, NamesABuiltInSoThatOtherInetdsKnowIt) {
  auto spec = parse("echo stream tcp nowait root internal\n").services[0];
  spec.id = "echo-stream";
  EXPECT_NE(print({spec}).text.find("\necho\tstream\ttcp\tnowait\troot\tinternal\n"),
            std::string::npos);
}

TEST(InetdPrint, SaysANewId) {
  auto spec = finger();
  spec.id = "finger";
  const auto out = print({spec});
  ASSERT_EQ(out.lost.size(), 1U);
  EXPECT_EQ(out.lost[0].new_id, "finger/tcp");
  EXPECT_EQ(out.lost[0].severity(), Severity::Note);
  EXPECT_EQ(parse(out.text).services[0].id, "finger/tcp");
}

TEST(InetdPrint, MakesSeveralLinesOfSocketsThatNoLineCanHave) {
  auto spec = finger();
  auto udp = spec.listen[0];
  udp.kind = SocketKind::Udp;
  udp.port = 69;
  ListenSpec path;
  path.kind = SocketKind::UnixStream;
  path.path = "/run/x";
  spec.listen.push_back(udp);
  spec.listen.push_back(path);
  const auto out = print({spec});
  ASSERT_EQ(out.lost.size(), 1U);
  EXPECT_EQ(out.lost[0].lines, 3U);
  EXPECT_TRUE(out.lost[0].keys.empty()) << out.lost[0].text();
  EXPECT_FALSE(out.lost[0].is_left_out);
  EXPECT_EQ(parse(out.text).services.size(), 3U) << out.text;
}

TEST(InetdPrint, LeavesOutWhatNoLineCanHold) {
  auto no_program = finger();
  no_program.program.clear();
  no_program.argv.clear();
  auto relative = finger();
  relative.listen[0].port = 7;
  relative.listen.resize(1);
  relative.program = "bin/x";
  auto long_one = finger();
  long_one.listen[0].port = 8;
  long_one.listen.resize(1);
  long_one.argv.emplace_back(70000, 'a');
  const auto out = print({no_program, relative, long_one, finger()});
  ASSERT_EQ(out.lost.size(), 3U) << out.text;
  for (const auto& lost : out.lost) {
    EXPECT_TRUE(lost.is_left_out);
    EXPECT_FALSE(lost.refusal.empty());
  }
  EXPECT_EQ(parse(out.text).services.size(), 1U);
}

TEST(InetdPrint, PutsCommentsAboveTheirService) {
  PlacedComments comments;
  comments.head = {"head", ""};
  comments.of_service["finger/tcp"] = {"one", "two\x01\nthree"};
  comments.tail = {"tail"};
  EXPECT_EQ(print({finger()}, Dialect::Debian, comments).text,
            "# head\n#\n\n# one\n# two\\x01\\x0athree\n"
            "finger\tstream\ttcp\tnowait\tnobody\t/usr/sbin/in.fingerd in.fingerd -w\n\n# tail\n");
}

TEST(InetdPrint, WritesTenThousandServices) {
  std::vector<ServiceSpec> services(10000, finger());
  for (std::size_t i = 0; i < services.size(); ++i) {
    services[i].id = std::to_string(i + 1) + "/tcp";
    for (auto& listen : services[i].listen) listen.port = static_cast<std::uint16_t>(i + 1);
  }
  const auto out = print(services);
  EXPECT_TRUE(out.lost.empty());
  EXPECT_EQ(parse(out.text).services, services);
}

// ---- for anything that the front end can give -----------------------------------------------

rc::Gen<std::string> one_of(std::vector<std::string> words) {
  return rc::gen::elementOf(std::move(words));
}

rc::Gen<std::string> argument() {
  return rc::gen::oneOf(one_of({"-l", "#x", "", "a b", "it's", "\"", "'\"", "a\"b'c d", "\t", "\n",
                                "\x01", "\\", ";", ",", "=", "on", "\xc3\xa9", "\xff"}),
                        rc::gen::container<std::string>(rc::gen::inRange('\x01', '\x7f')));
}

std::string address() {
  return *one_of({"", "", "", "", "*:", "0.0.0.0:", "[::]:", "127.0.0.1:", "[::1]:", "::1:",
                  "localhost:", "10.0.0.1,10.0.0.2:", "10.0.0.1,10.0.0.1:", "*,127.0.0.1:",
                  "[::],*:", "0.0.0.0,[::],*:", "localhost,[::1]:", "fe80::1%eth0:"});
}

std::string ip_service(bool is_udp) {
  return address() + *one_of(is_udp ? std::vector<std::string>{"echo", "tftp", "69", "7007", "sink"}
                                    : std::vector<std::string>{"echo", "ftp", "21", "7007", "sink",
                                                               "daytime", "smtp"});
}

std::string family() {
  return *one_of({"", "", "4", "6", "6only", "46"});
}

std::string buffers() {
  return *one_of({"", "", ",sndbuf=4k", ",rcvbuf=1m,sndbuf=5"});
}

// Words as they would be written: what cannot be written so is read as an error, and nothing lost.
std::string positional_line(Dialect dialect) {
  if (*rc::gen::inRange(0, 8) == 0) {
    return *one_of({"tcpmux/a", "tcpmux/+b", "tcpmux/echo"}) + " stream tcp" +
           *one_of({" nowait", " nowait/5", " nowait.3", " nowait/5/6/7"}) + " root" +
           *one_of({" /bin/x x", " internal", " internal echo"});
  }
  if (*rc::gen::inRange(0, 8) == 0) {
    return address() + *one_of({"rusersd", "100002/1", "rusersd/2-3"}) + " dgram rpc/udp" +
           family() + buffers() + *one_of({" wait", " nowait", " wait.3"}) + " root /bin/x";
  }
  const auto kind = *rc::gen::inRange(0, 3);
  const auto protocol = kind == 2 ? "unix" : (kind == 1 ? "udp" : "tcp") + family();
  std::string line = kind == 2 ? *one_of({"/run/x", "/run/y", "@a", ":root:sys:0660:/run/x",
                                          ":::0200:/run/z", "::sys::/run/echo", "\"/run/a b\""})
                               : ip_service(kind == 1);
  line += kind == 1 ? " dgram" : *one_of({" stream", " stream", kind == 2 ? " dgram" : " stream"});
  line += *one_of({"", "", "", ",5", ",0"}) + *one_of({"", "", ":httpready", ":odd"});
  line += ' ' + protocol + buffers();
  line += *one_of({" wait", " nowait", " nowait.5", " wait.5", " nowait/3", " nowait/0/4",
                   " nowait/5/6/7", " nowait:9"});
  line += ' ' + *one_of({"root", "nobody:sys", "1000:1000", "ftp.staff"});
  if (*rc::gen::inRange(0, 3) == 0) {
    return line + *one_of({" internal", " internal echo", " internal daytime", " internal sink"});
  }
  line += *one_of({" /bin/x", " /usr/sbin/in.ftpd"});
  for (const auto& word : *rc::gen::container<std::vector<std::string>>(argument())) {
    if (const auto written = line_word(word, dialect)) line += ' ' + *written;
  }
  return line;
}

std::string definition_text() {
  const bool is_udp = *rc::gen::arbitrary<bool>();
  std::string out = ip_service(is_udp) + " on protocol = " + (is_udp ? "udp" : "tcp") + family();
  out += *one_of({", wait = yes", ", wait = no"});
  out += *one_of({", user = nobody", ", user = 5, group = \"a:b\"", ", user = \"a b\""});
  out += *one_of({"", ", accept_max = 3"}) + *one_of({"", ", service_max = 4"});
  out += *one_of({"", ", ip_max = 5"}) + *one_of({"", ", sndbuf = 4k", ", recvbuf = 9"});
  out += *one_of({"", ", acceptfilter = httpready", ", acceptfilter = \"a,b\""});
  if (*rc::gen::inRange(0, 3) == 0) return out + *one_of({";", ", args = echo;"});
  out += ", exec = /bin/x";
  const auto words = *rc::gen::container<std::vector<std::string>>(argument());
  if (!words.empty()) out += ", args =";
  for (const auto& word : words) out += ' ' + definition_word(word);
  return out + ';';
}

RC_GTEST_PROP(InetdPrintProperties, WhatIsPrintedReadsAsWhatWasPrinted, ()) {
  const auto dialect =
      *rc::gen::elementOf(std::vector<Dialect>(std::begin(kAllDialects), std::end(kAllDialects)));
  std::string text;
  for (int lines = *rc::gen::inRange(1, 6); lines > 0; --lines) {
    text += (*rc::gen::arbitrary<bool>() ? positional_line(dialect) : definition_text()) + '\n';
  }
  const auto services = parse(text, dialect).services;
  RC_TAG(services.size());
  const auto printed = print(services, dialect);
  const auto read = parse(printed.text, dialect).services;
  if (without_users_of_builtins(read) != without_users_of_builtins(services)) {
    RC_LOG() << "from:\n" << text << "\nprinted:\n" << printed.text;
    RC_FAIL("read differently");
  }
  for (const auto& lost : printed.lost) RC_FAIL(lost.text());
}

RC_GTEST_PROP(InetdPrintProperties, AValueOfAnyBytesIsReadBack, ()) {
  auto value = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  std::erase(value, '\0');
  const auto text = "ftp on protocol = tcp4, wait = no, user = root, exec = /bin/x, args = x " +
                    definition_word(value) + ";\n";
  const auto services = parse(text).services;
  RC_ASSERT(services.size() == 1U);
  RC_ASSERT(services[0].argv.at(1) == value);
}

}  // namespace
}  // namespace uvinetd::testing
