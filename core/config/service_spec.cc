// SPDX-License-Identifier: ISC
#include "core/config/service_spec.h"

namespace uvinetd {

const char* kind_name(SocketKind kind) {
  switch (kind) {
    case SocketKind::Tcp:
      return "tcp";
    case SocketKind::Udp:
      return "udp";
    case SocketKind::UnixStream:
      return "unix";
    case SocketKind::UnixDgram:
      return "unix-dgram";
    case SocketKind::UnixSeqpacket:
      return "unix-seqpacket";
  }
  return "tcp";
}

}  // namespace uvinetd
