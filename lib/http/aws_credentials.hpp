// Credentials of Amazon's, where no setting holds them: a file, the container's address, the
// instance's (docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html).
#pragma once

#include "http/aws_signature.hpp"
#include "http/client.hpp"

#include <optional>
#include <string>

namespace nightshift::http {

struct AwsSources {
    std::string file = {};            // empty: ~/.aws/credentials
    std::string profile = {};         // of the file; empty: default
    std::string container_path = {};  // below http://169.254.170.2
    std::string container_url = {};   // https, or http to this machine's own addresses
    std::string container_token = {};
    std::string container_token_file = {};  // it changes; it goes before the other
    bool asks_instance = false;  // 169.254.169.254, where nobody answers in 2 s elsewhere
    std::string metadata_url = "http://169.254.169.254";
    std::string container_base = "http://169.254.170.2";
};

// The first that has any. They are told to redaction. Throws Error: data for a file that cannot be
// read, configuration for a container's url at which the token could be read on the way.
std::optional<AwsCredentials> find_aws_credentials(const AwsSources& sources);

}  // namespace nightshift::http
