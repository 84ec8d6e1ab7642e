// The codes of Centrifugo's client protocol that this server uses. What a client does next depends
// on them: https://centrifugal.dev/docs/server/codes.
#pragma once

#include <cstdint>
#include <string_view>

namespace livedrops::server {

// An error that answers one command. A temporary one makes the client try again by itself.
struct ClientError {
  std::uint32_t code;
  std::string_view message;
  bool temporary = false;
};

inline constexpr ClientError kErrorInternal{100, "internal server error", true};
inline constexpr ClientError kErrorUnknownChannel{102, "unknown channel"};
inline constexpr ClientError kErrorPermissionDenied{103, "permission denied"};
inline constexpr ClientError kErrorAlreadySubscribed{105, "already subscribed"};
inline constexpr ClientError kErrorLimitExceeded{106, "limit exceeded"};
inline constexpr ClientError kErrorBadRequest{107, "bad request"};
inline constexpr ClientError kErrorNotAvailable{108, "not available"};
inline constexpr ClientError kErrorTokenExpired{109, "token expired"};

// Why the server closes a connection. Clients come back by themselves after 3000 to 3499, and not
// after 3500 to 3999.
struct Disconnect {
  std::uint16_t code;
  std::string_view reason;

  friend bool operator==(const Disconnect& a, const Disconnect& b) { return a.code == b.code; }
};

inline constexpr Disconnect kShutdown{3001, "shutdown"};
inline constexpr Disconnect kServerError{3004, "internal server error"};
inline constexpr Disconnect kExpired{3005, "connection expired"};
inline constexpr Disconnect kSlow{3008, "slow"};
inline constexpr Disconnect kInsufficientState{3010, "insufficient state"};
inline constexpr Disconnect kNoPong{3012, "no pong"};
inline constexpr Disconnect kInvalidToken{3500, "invalid token"};
inline constexpr Disconnect kBadRequest{3501, "bad request"};
inline constexpr Disconnect kStale{3502, "stale"};
inline constexpr Disconnect kConnectionLimit{3504, "connection limit"};
inline constexpr Disconnect kNotAvailable{3508, "not available"};

// What a close code means, of the server's own and of RFC 6455; empty for any other.
inline std::string_view ReasonOf(std::uint16_t code) {
  constexpr Disconnect kCodes[] = {{1000, "normal closure"},
                                   {1001, "going away"},
                                   {1002, "protocol error"},
                                   {1005, "no code"},
                                   {1006, "connection lost"},
                                   {1007, "invalid text"},
                                   {1009, "message too big"},
                                   kShutdown,
                                   kServerError,
                                   kExpired,
                                   kSlow,
                                   kInsufficientState,
                                   kNoPong,
                                   kInvalidToken,
                                   kBadRequest,
                                   kStale,
                                   kConnectionLimit,
                                   kNotAvailable};
  for (const Disconnect& known : kCodes) {
    if (known.code == code) return known.reason;
  }
  return {};
}

// Why the server ends a subscription: below 2500 the client does not subscribe again.
inline constexpr Disconnect kServerUnsubscribe{2000, "server unsubscribe"};

}  // namespace livedrops::server
