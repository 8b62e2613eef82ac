// One function a format: it reads the whole file, and throws where that is broken.
#pragma once

#include "media/image_file.hpp"

namespace nightshift::media {

ImageFile read_jpeg(std::string_view bytes);
ImageFile read_png(std::string_view bytes);
ImageFile read_gif(std::string_view bytes);
ImageFile read_webp(std::string_view bytes);

}  // namespace nightshift::media
