//! A frame cut into link, IP and transport: the packet path's first stage.
