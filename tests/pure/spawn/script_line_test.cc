// SPDX-License-Identifier: ISC
#include "spawn/script_line.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace uvinetd {
namespace {

TEST(ScriptLine, IsReadAsTheKernelDoes) {
  struct Case {
    std::string head;
    std::string interpreter;
    std::string argument;
  };
  const Case cases[] = {
      {"#!/bin/sh\n", "/bin/sh", ""},
      {"#!/bin/sh", "/bin/sh", ""},
      {"#! /bin/sh -e \t\necho", "/bin/sh", "-e"},
      {"#!\t/usr/bin/perl  -w  -T\n", "/usr/bin/perl", "-w  -T"},
      {"#!/bin/sh\r\n", "/bin/sh\r", ""},
      {"#!\n/bin/sh", "", ""},
      {"#!", "", ""},
      {"#!   \n", "", ""},
      {std::string("#!/bin/sh\0-e\n", 13), "/bin/sh", ""},
      {"#!/" + std::string(253, 'x'), "", ""},  // too long to be known whole
      {"#!/" + std::string(252, 'x') + "\n", "/" + std::string(252, 'x'), ""},
      {"#!/bin/sh " + std::string(300, 'x'), "/bin/sh", std::string(246, 'x')},
  };
  for (const auto& each : cases) {
    const auto line = read_script_line(each.head);
    ASSERT_TRUE(line) << each.head;
    EXPECT_EQ(line->interpreter, each.interpreter) << each.head;
    EXPECT_EQ(line->argument, each.argument) << each.head;
  }
}

TEST(ScriptLine, OtherFilesHaveNone) {
  for (const auto* head : {"", "#", " #!/bin/sh\n", "# !/bin/sh\n", "\177ELF"}) {
    EXPECT_FALSE(read_script_line(head)) << head;
  }
}

TEST(ScriptLine, EnvIsKnownByItsName) {
  EXPECT_TRUE((ScriptLine{"/usr/bin/env", ""}.is_env()));
  EXPECT_TRUE((ScriptLine{"/bin/env", ""}.is_env()));
  EXPECT_FALSE((ScriptLine{"/usr/bin/myenv", ""}.is_env()));
  EXPECT_FALSE((ScriptLine{"/usr/bin/env/python", ""}.is_env()));
}

TEST(ScriptLine, TheProgramOfEnvIsToldWhereItIsPlain) {
  struct Case {
    std::string argument;
    std::optional<std::string> program;
  };
  const Case cases[] = {
      {"python3", "python3"},
      {"/opt/python", "/opt/python"},
      {"-S python3 -u -X dev", "python3"},
      {"-Spython3", "python3"},
      {"", std::nullopt},
      {"-", std::nullopt},
      {"-i", std::nullopt},
      {"-u HOME sh", std::nullopt},
      {"python3 -u", std::nullopt},  // env looks for a program of this name, with the blank
      {"A=1", std::nullopt},
      {"-S", std::nullopt},
      {"-S -i python3", std::nullopt},
      {"-S A=1 python3", std::nullopt},
      {"-S \"python3\" -u", std::nullopt},
      {"-S ${PYTHON} -u", std::nullopt},
      {"-S python3\\_-u", std::nullopt},
      {"-S python3 '-u'", std::nullopt},
      {"--split-string=python3", std::nullopt},
  };
  for (const auto& each : cases) {
    EXPECT_EQ((ScriptLine{"/usr/bin/env", each.argument}.env_program()), each.program)
        << each.argument;
  }
}

}  // namespace
}  // namespace uvinetd
