// What a configuration means for each part of the server.
#pragma once

#include "livedrops/service.h"
#include "server/auth/password.h"
#include "server/auth/sessions.h"
#include "server/config/config.h"
#include "server/json/json_value.h"
#include "server/limits/request_limits.h"

namespace livedrops::server {

// All expect a configuration that LoadConfig found nothing wrong with.
ServiceOptions ServiceOptionsOf(const Config& config);
SessionOptions SessionOptionsOf(const Config& config);
TokenRules TokenRulesOf(const Config& config);
PasswordCost PasswordCostOf(const Config& config);
JsonLimits JsonLimitsOf(const Config& config);
RequestLimitSettings RequestLimitsOf(const Config& config);
std::vector<Network> TrustedProxiesOf(const Config& config);
// How long revocations must be kept in memory.
Duration RevocationsKeptFor(const Config& config);

}  // namespace livedrops::server
