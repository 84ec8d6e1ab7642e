// Routes of real time: handed to whoever speaks its protocols.
#include "server/gateway/handlers.h"

namespace livedrops::server {
namespace {

void HandOver(Context& context) {
  if (context.shared.realtime) return context.shared.realtime(context);
  Problem problem;
  problem.code = ProblemCode::unavailable;
  problem.retry_after_s = 1;
  context.Refuse(problem);
}

}  // namespace

void handle::websocket(Context& context) { HandOver(context); }
void handle::events(Context& context) { HandOver(context); }
void handle::ticket(Context& context) { HandOver(context); }

}  // namespace livedrops::server
