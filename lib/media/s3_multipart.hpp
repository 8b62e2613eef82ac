// An object in parts (docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html,
// API_ListMultipartUploads.html, API_ListParts.html, API_UploadPart.html,
// API_CompleteMultipartUpload.html, API_AbortMultipartUpload.html). For the S3 store alone.
#pragma once

#include "media/object_store.hpp"
#include "media/s3_connection.hpp"

namespace nightshift::media {

// Goes on with an upload of this key that was begun before, where there is one: of its parts those
// count whose length and MD5 are those of ours. One of the two is called, once; stored with the
// answer to the upload's end, or to what was refused. What was sent stays where it fails, to be
// gone on with; where there is the object already (412) it is given up.
void put_in_parts(S3Connection& s3, const NewObject& object, bool has_condition,
                  S3Connection::Answered stored, std::function<void(const Error&)> failed);

// How many. Waits for the answers; throws Error where they are none.
std::int64_t abort_uploads(S3Connection& s3, const std::string& prefix, Instant begun_before);

}  // namespace nightshift::media
