// SPDX-License-Identifier: ISC
#include "core/reactor/health/health_answer.h"

#include <gtest/gtest.h>

#include <string>

namespace uvinetd {
namespace {

TEST(HealthRequest, EndsWithItsEmptyLine) {
  for (const char* part : {"", "GET", "GET / HTTP/1.0", "GET / HTTP/1.0\r\n",
                           "GET / HTTP/1.0\r\nHost: x\r\n", "GET / HTTP/1.0\r\n\r"}) {
    EXPECT_FALSE(is_whole_request(part)) << part;
  }
  EXPECT_TRUE(is_whole_request("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(is_whole_request("GET / HTTP/1.0\n\n"));
  EXPECT_TRUE(is_whole_request("GET / HTTP/1.0\r\nHost: x\r\n\r\nbody"));
}

TEST(HealthRequest, HasABound) {
  EXPECT_FALSE(is_whole_request(std::string(kLongestRequest - 1, 'x')));
  EXPECT_TRUE(is_whole_request(std::string(kLongestRequest, 'x')));
}

TEST(HealthAnswer, ByHttpIsTheOutput) {
  EXPECT_EQ(http_answer("GET / HTTP/1.0\r\n\r\n", {true, "well\n"}),
            "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"
            "Connection: close\r\n\r\nwell\n");
  EXPECT_EQ(http_answer("OPTIONS / HTTP/1.0\r\n\r\n", {false, ""}),
            "HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/plain\r\n"
            "Content-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST(HealthAnswer, ByHttpIsWithoutTheOutputForHead) {
  const auto answer = http_answer("HEAD / HTTP/1.0\r\n\r\n", {true, "well\n"});
  EXPECT_NE(answer.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST(HealthAnswer, ByHttpIsForReadersOnly) {
  for (const char* request : {"POST / HTTP/1.0\r\n\r\n", "get / HTTP/1.0\r\n\r\n", "nonsense"}) {
    EXPECT_TRUE(http_answer(request, {true, "x"}).starts_with("HTTP/1.0 405 ")) << request;
  }
  for (const char* silence : {"", "\r\n\r\n"}) {
    EXPECT_TRUE(http_answer(silence, {true, "x"}).starts_with("HTTP/1.0 200 "));
  }
}

TEST(HealthAnswer, ToAnAgentCheckIsUpOrDown) {
  for (const char* output : {"", "\n", "all is well\n", "up and about\n", "7 5%\n", "%\n", "x%\n",
                             "1234567890%\n", "maxconn:\n", "UP\n", "#up\n", " \n"}) {
    EXPECT_EQ(agent_answer({true, output}), "up\n") << output;
    EXPECT_EQ(agent_answer({false, output}), "down\n") << output;
  }
  EXPECT_EQ(agent_answer({true, "up \x01\n"}), "up\n");
  EXPECT_EQ(agent_answer({true, "up #" + std::string(200, 'x') + "\n"}), "up\n");
}

TEST(HealthAnswer, ToAnAgentCheckIsTheFirstLineWhereThatIsOne) {
  for (const char* line : {"up", "down", "drain", "maint", "ready", "stopped", "fail", "75%",
                           "up 75%", "ready,up,100%", "maxconn:30", "down #disk is full"}) {
    EXPECT_EQ(agent_answer({true, std::string(line) + "\nmore\n"}), std::string(line) + "\n");
    EXPECT_EQ(agent_answer({true, std::string(line) + "\r\n"}), std::string(line) + "\n");
    EXPECT_EQ(agent_answer({true, line}), std::string(line) + "\n");
  }
}

TEST(HealthAnswer, OfACommandThatHasFailedIsNeverUp) {
  for (const char* line : {"up", "ready", "75%", "up 10%", "maxconn:5"}) {
    EXPECT_EQ(agent_answer({false, line}), "down\n") << line;
  }
  for (const char* line : {"down", "drain", "maint", "stopped", "fail", "drain 50%"}) {
    EXPECT_EQ(agent_answer({false, line}), std::string(line) + "\n");
  }
}

}  // namespace
}  // namespace uvinetd
