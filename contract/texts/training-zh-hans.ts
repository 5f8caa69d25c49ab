import type { TrainingText } from './training-en.ts';

/** The sentences about a training in Simplified Chinese. */
export const trainingTextsZhHans: Readonly<Record<TrainingText, string>> = {
  'recipe-night-camera': '我的相机夜拍',
  'recipe-night-camera-about':
    '使用您相机在白天拍摄的干净图片，并加入其传感器在夜间的噪声。从内置模型继续训练。',
  'recipe-film-scans': '胶片扫描',
  'recipe-film-scans-about':
    '使用与您的扫描件题材相同的干净图片，并加入粗细不同的胶片颗粒。从内置模型继续训练。',
  'recipe-microscope': '显微图像，没有干净图片',
  'recipe-microscope-about':
    '只用有噪声的图片，位深不限，也可以是图像堆栈。各像素的噪声必须相互独立。从适用于均匀噪声的内置模型继续训练。',
  'recipe-old-jpegs': '旧 JPEG 图片',
  'recipe-old-jpegs-about': '使用干净图片，加入少许噪声，再像旧文件那样强力压缩。从内置模型继续训练。',
  'recipe-improve-built-in': '用我的照片改进内置模型',
  'recipe-improve-built-in-about':
    '使用干净照片（会加入它熟悉的噪声），或带噪与干净成对的照片。内置模型温和地继续学习，只会在与您相似的图片上变得更好。',

  'finding-nothing':
    '没有可学习的内容：这里没有找到可用的图片或图片对。可读取 PNG、JPEG、TIFF、WebP、AVIF 和 GIF；其他格式（如 RAW 和 HEIC）请先导出为 16 位 TIFF。',
  'finding-too-few':
    '只有 {count} 张图片；少于约 {wanted} 张时，网络很快就会死记硬背。请添加更多，或从已有模型开始。',
  'finding-too-small':
    '{count} 张小于 {side} × {side} 像素的图块，将被略过。请添加更大的图片，或选择更小的图块。',
  'finding-too-flat':
    '{count} 张只有单一色调或只有噪声，学不到任何东西。请将其移除，例如空白帧或盖着镜头盖的照片。',
  'finding-narrow-range':
    '{count} 张只用到其范围的一小部分（最多 {most}%），因为少数像素亮得多，或颜色配置文件固定了范围：在整个范围上噪声太小，学不到多少。请去除这些像素（ImageJ 中的“Remove outliers”），或以相同方式拉伸图片。',
  'finding-mixed-depths': '{depths} 位的图片混在一起。都会使用；与您要清理的图片相同的最有帮助。',
  'finding-mixed-colour':
    '{grey} 张灰度图片和 {colour} 张彩色图片混在一起。都会使用，并转换成网络所需的形式。',
  'finding-clean-is-noisy':
    '干净图片中有 {count} 张带有噪声（噪声系数约 {noiseFactor}）：网络会学会保留这种噪声。请选择更干净的图片，将其缩小，或只用有噪声的图片训练。',
  'finding-noisy-is-clean':
    '有噪声的图片中有 {count} 张测不到噪声：从中学不到东西。如果它们是干净的，请选择在干净图片上加噪声的训练方式。',
  'finding-near-duplicates':
    '{count} 张与用于评判的某张图片很像，死记硬背也会得到好评。请移除副本和连拍，或每组只留一张。',
  'finding-unreadable': '{count} 张无法读取，将被略过。请修复或转换它们，或将其移除。',
  'finding-pair-incomplete': '{count} 张没有配对，将被略过。请检查文件名，或选择其他配对方式。',
  'finding-pair-mismatched': '{count} 对尺寸不同，将被略过。两张图片必须逐像素地显示同一场景。',
  'finding-no-validation': '没有留出图片用于评判：无法得知是否在学习，最后的权重即为模型。',

  'training-on-wasm':
    '未找到原生 TensorFlow，因此在 WebAssembly 上训练，约慢 {times} 倍。“npm run setup”会说明如何安装。',

  'verdict-not-yet-known': '现在判断进展还太早。',
  'verdict-learning': '正在学习。',
  'verdict-stopped-improving': '自第 {since} 步起不再进步。可以停止；最佳结果已保留。',
  'verdict-never-improved': '开始以来没有变得更好。可以停止；最佳结果已保留。',
  'verdict-diverged':
    '自第 {since} 步起出了问题：已达到的效果又丢失了。请停止，并尝试更低的学习率；最佳结果已保留。',
  'verdict-worse':
    '出了问题：自第 {since} 步起，结果比有噪声的图片还差，且没有接近。请停止，检查图片，或尝试更低的学习率。',
};
