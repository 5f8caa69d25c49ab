const licence = '权重采用 MIT 许可；训练图片各自保留其许可';

/** What the cards of the models that ship with the app say, in Simplified Chinese. The cards themselves are English. */
export const modelTextsZh: Readonly<Record<string, { readonly purpose: string; readonly licence: string }>> =
  {
    'gaussian-small': {
      purpose:
        '去除彩色和灰度图片中的高斯噪声（胶片扫描、未经处理的传感器数据、人工加入的噪声）。体积小，速度快。',
      licence,
    },
    'gaussian-medium': {
      purpose:
        '去除彩色和灰度图片中的高斯噪声（胶片扫描、未经处理的传感器数据、人工加入的噪声）。效果略好于小号模型，耗时约为两倍。',
      licence,
    },
    'photo-small': {
      purpose:
        '去除照片中的噪声：传感器噪声经相机去马赛克、平滑和 JPEG 压缩后的样子、胶片颗粒，以及高斯噪声。体积小，速度快。',
      licence,
    },
  };
